// The list of lessons. A click opens one without loading the page anew; a middle click opens it in a tab of its own.

class Lessons {
  constructor(section, component) {
    this.root = section;
    this.cards = this.root.querySelector(".cards");
    this.input = this.root.querySelector(".search input");
    this.input.value = component.data.search;
    this.input.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.setState("search", this.input.value.trim()), 250);
    });
    this.root.querySelector(".search").addEventListener("submit", (event) => event.preventDefault());
    this.root.querySelector(".more").addEventListener("click", () => this.trigger("more", true));
  }

  destroy() {
    clearInterval(this.asking);
  }

  // The list asks for news itself, and no more once it is left: a fragment that asks on a timer of its own may do so between the
  // click and the new page, and would bring an emptied old page back.
  ask(everyS) {
    clearInterval(this.asking);
    this.asking = everyS && !this.left ? setInterval(() => this.trigger("refresh", true), everyS * 1000) : undefined;
  }

  open(id) {
    this.left = true;
    this.ask(null);
    this.trigger("open", id);
  }

  update({ data, setTriggerValue, setStateValue }) {
    this.trigger = setTriggerValue;
    this.setState = setStateValue;
    this.ask(data.refresh_s);
    const shown = JSON.stringify(data.lessons);
    if (shown !== this.shown) redraw(this.cards, data.lessons.map((lesson) => this.card(lesson)));
    this.shown = shown;
    this.root.querySelector(".search").hidden = !data.searchable;
    this.root.querySelector(".more").hidden = !data.more;
    const none = this.root.querySelector(".none");
    none.hidden = Boolean(data.lessons.length);
    none.textContent = "No lesson matches these words.";
  }

  card(lesson) {
    const link = el("a", { "data-key": lesson.id, href: `lesson?id=${encodeURIComponent(lesson.id)}`, onclick: (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.open(lesson.id);
    } }, lesson.title);
    const poster = el("span", { class: "poster", "aria-hidden": "true" }, lesson.poster ? el("img", { src: lesson.poster, alt: "", loading: "lazy" }) : lesson.kind === "sound" ? "♪" : "▷");
    return el("li", { class: lesson.state, "data-lesson": lesson.id }, poster,
      el("div", { class: "words" },
        el("h3", {}, link),
        el("p", { class: "about" }, lesson.about),
        this.state(lesson)),
      el("span", { class: "length" }, lesson.length));
  }

  state(lesson) {
    if (lesson.action) {
      return el("p", { class: `state ${lesson.state === "failed" ? "problem" : ""}` }, `${lesson.message} `,
        el("button", { type: "button", "data-key": `again-${lesson.id}`, onclick: () => this.trigger("again", lesson.id) }, lesson.action));
    }
    if (lesson.state === "done") return null;
    return el("div", { class: "state", role: "status" },
      el("progress", { max: 1, value: lesson.state === "running" ? lesson.share : null, "aria-label": "Progress" }),
      el("span", {}, lesson.message));
  }
}

export default keepInstance((section, component) => new Lessons(section, component));
