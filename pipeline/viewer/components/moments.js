// A list of moments, by kind, each of which plays at once.

class Moments {
  constructor(section) {
    this.root = section;
    this.list = this.root.querySelector("ol");
    this.filter = this.root.querySelector(".filter");
    this.kind = "";
  }

  update({ data }) {
    const shown = JSON.stringify(data);
    if (shown === this.shown) return;
    this.shown = shown;
    this.data = data;
    this.root.setAttribute("aria-label", data.label);
    this.draw();
  }

  draw() {
    const { kinds, moments } = this.data;
    const count = (kind) => moments.filter((moment) => !kind || moment.kind === kind).length;
    const choice = ([kind, name]) => el("button", { type: "button", "data-key": `kind-${kind}`, "aria-pressed": String(this.kind === kind), onclick: () => { this.kind = kind; this.draw(); } }, `${name} (${count(kind)})`);
    redraw(this.filter, [["", "All"], ...kinds].filter(([kind]) => count(kind)).map(choice));
    const names = new Map(kinds);
    const shown = moments.filter((moment) => !this.kind || moment.kind === this.kind);
    this.list.replaceChildren(...shown.map((moment) => el("li", {},
      momentButton({ start_s: moment.start_s }),
      el("span", { class: "what" }, moment.text, " ", el("span", { class: "kind" }, [names.get(moment.kind), moment.note].filter(Boolean).join(" · "))))));
  }
}

export default keepInstance((section) => new Moments(section));
