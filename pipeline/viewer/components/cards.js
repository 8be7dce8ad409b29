// Cards of numbers and of advice: what it is, in plain words, and the moments behind it, which play at once.

const SHOWN_AT_FIRST = 12;

class Cards {
  constructor(section) {
    this.root = section;
    this.list = this.root.querySelector(".cards");
  }

  update({ data }) {
    const shown = JSON.stringify(data);
    if (shown === this.shown) return;
    this.shown = shown;
    this.root.classList.toggle("wide", data.wide);
    this.root.setAttribute("aria-label", data.label);
    this.list.replaceChildren(...data.cards.map((card) => this.card(card)));
  }

  card(card) {
    return el("article", { class: `card ${card.kind ?? ""}` },
      el("h4", {}, card.label),
      card.value ? el("p", { class: "value" }, card.value) : null,
      card.range ? el("p", { class: "range" }, card.range) : null,
      card.text ? el("p", { class: "text" }, card.text) : null,
      card.meaning ? this.meaning(card) : null,
      card.strategy ? this.strategy(card.strategy) : null,
      this.moments(card));
  }

  strategy({ name, parts }) {
    return el("details", { class: "strategy" }, el("summary", {}, `${name}: how, and why`),
      ...parts.flatMap(([title, lines]) => [el("h5", {}, title), ...lines.map((line) => el("p", {}, line))]));
  }

  meaning(card) {
    return el("details", {}, el("summary", {}, "What is this?"), el("p", {}, card.meaning),
      card.certainty ? el("p", {}, card.certainty) : null,
      card.source ? el("p", { class: "source" }, card.source) : null);
  }

  moments(card) {
    if (!card.moments?.length) return null;
    const row = el("div", { class: "moments" });
    const fill = (count) => {
      row.replaceChildren(...card.moments.slice(0, count).map(momentButton));
      const rest = card.moments.length - count;
      if (rest > 0) row.append(el("button", { type: "button", class: "plain", onclick: () => fill(card.moments.length) }, `${rest} more`));
    };
    fill(SHOWN_AT_FIRST);
    if (card.open) return row;
    return el("details", {}, el("summary", {}, card.moments.length === 1 ? "Listen to it" : `Listen to ${card.moments.length} moments`), row);
  }
}

export default keepInstance((section) => new Cards(section));
