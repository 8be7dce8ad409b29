// A list of moments, by kind, each of which plays at once. A moment has one kind, which is named behind its words, or
// several kinds, which its note names.

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
    const { kinds, moments, by_strength: byStrength } = this.data;
    const names = new Map(kinds);
    const of = (kind) => moments.filter((moment) => !kind || (moment.kinds?.includes(kind) ?? moment.kind === kind));
    const choice = ([kind, name]) => el("button", { type: "button", "data-key": `kind-${kind}`, "aria-pressed": String(this.kind === kind), onclick: () => { this.kind = kind; this.draw(); this.list.scrollTop = 0; } }, `${name} (${of(kind).length})`);
    redraw(this.filter, [["", "All"], ...kinds].filter(([kind]) => of(kind).length).map(choice));
    const shown = of(this.kind);
    if (byStrength && this.kind === byStrength) shown.sort((one, other) => other.strength - one.strength);
    this.list.replaceChildren(...shown.map((moment) => el("li", {},
      momentButton({ start_s: moment.start_s }),
      el("span", { class: "what" },
        moment.before ? el("span", { class: "before" }, `Student: “${moment.before}”`) : null,
        moment.text, " ",
        el("span", { class: "kind" }, [names.get(moment.kind), moment.note].filter(Boolean).join(" · "))))));
  }
}

export default keepInstance((section) => new Moments(section));
