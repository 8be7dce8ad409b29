// The transcript beside the player: lines in order, the spoken one marked and kept in view, text found in place.

const QUESTION_NAMES = { open: "open question", closed: "closed question", procedural: "about the lesson", rhetorical: "rhetorical" };
const DRAGGED_PX = 5;
const FAR_ROWS = 60; // scrolling further than this at once only makes dizzy

class Transcript {
  constructor(root, seek) {
    this.list = root.querySelector(".lines");
    this.followButton = root.querySelector(".follow");
    this.find = new Finder(root, this);
    this.seek = seek;
    this.rows = [];
    this.starts = [];
    this.current = -1;
    this.following = true;
    this.list.addEventListener("click", (event) => this.clicked(event));
    this.list.addEventListener("keydown", (event) => this.moved(event));
    this.list.addEventListener("pointerdown", ({ target, clientX, clientY }) => {
      this.pressed = { target, clientX, clientY };
      // Only the scrollbar is no line. Letting go shows a button, which must not come between press and release on a line.
      if (target === this.list) this.letGo();
    });
    for (const type of ["wheel", "touchmove"]) {
      this.list.addEventListener(type, () => this.letGo(), { passive: true });
    }
    this.followButton.addEventListener("click", () => this.followAgain());
  }

  show(lesson) {
    this.lines = lesson.lines;
    this.starts = lesson.lines.map((line) => line[0]);
    let last = -1;
    this.rows = lesson.lines.map((line, number) => {
      const voice = lesson.voices[line[2]];
      const first = line[2] !== last;
      last = line[2];
      return transcriptRow(line, number, voice, first);
    });
    this.list.replaceChildren(...this.rows);
    if (!this.rows.length) this.list.append(el("li", { class: "empty" }, "No words were understood in this recording."));
    this.focusable(0);
  }

  // The line spoken at that time: the last that has begun. It stays marked through the pause behind it.
  at(seconds) {
    let low = 0;
    let high = this.starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle] <= seconds + 0.05) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  mark(seconds) {
    const next = this.at(seconds);
    if (next === this.current) return;
    this.rows[this.current]?.removeAttribute("aria-current");
    const far = Math.abs(next - this.current) > FAR_ROWS;
    this.current = next;
    const row = this.rows[next];
    if (!row) return;
    row.setAttribute("aria-current", "true");
    if (!this.list.contains(this.list.getRootNode().activeElement)) this.focusable(next);
    if (this.following) this.bring(row, far);
  }

  // Rows out of sight have guessed heights, so the place is looked up again once the rows around it are laid out.
  bring(row, jump, tries = 3) {
    this.brought = row;
    const view = this.list.getBoundingClientRect();
    const place = row.getBoundingClientRect();
    const wanted = place.top - view.top - view.height * 0.35;
    if (place.top >= view.top + 40 && place.bottom <= view.bottom - 60) return;
    const smooth = !jump && !reducedMotion.matches && Math.abs(wanted) < view.height * 1.5;
    this.list.scrollBy({ top: wanted, behavior: smooth ? "smooth" : "instant" });
    if (!smooth && tries > 0) requestAnimationFrame(() => this.brought === row && this.bring(row, jump, tries - 1));
  }

  letGo() {
    if (this.following) this.followButton.hidden = false;
    this.following = false;
    this.brought = null;
  }

  followAgain() {
    this.following = true;
    this.followButton.hidden = true;
    const row = this.rows[this.current];
    if (row) this.bring(row, true);
  }

  // The line under the pointer when it was pressed is meant, also if the list moved since. Whoever drags wants to copy.
  clicked(event) {
    const pressed = event.detail ? this.pressed : null;
    const row = (pressed?.target ?? event.target).closest?.("li[data-line]");
    const dragged = pressed && Math.hypot(event.clientX - pressed.clientX, event.clientY - pressed.clientY) > DRAGGED_PX;
    if (dragged) this.letGo();
    else if (row) this.seek(this.starts[Number(row.dataset.line)]);
  }

  moved(event) {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
    const row = event.target.closest("li[data-line]");
    if (!step || !row) return;
    event.preventDefault();
    event.stopPropagation();
    this.letGo();
    const next = Math.min(this.rows.length - 1, Math.max(0, Number(row.dataset.line) + step));
    this.focusable(next);
    this.rows[next].querySelector("button").focus({ preventScroll: true });
    this.bring(this.rows[next], true);
  }

  // One stop for the Tab key; arrows move within.
  focusable(number) {
    this.stop?.setAttribute("tabindex", "-1");
    this.stop = this.rows[Math.max(0, number)]?.querySelector("button");
    this.stop?.setAttribute("tabindex", "0");
  }
}

function transcriptRow([startS, , , text, question, move], number, voice, first) {
  const words = el("span", { class: "words" }, text);
  return el(
    "li",
    { class: `line ${voice.role}${first ? " first" : ""}`, "data-line": number },
    first ? el("span", { class: "who" }, voice.name) : null,
    el("button", { type: "button", class: "at", tabindex: "-1", "aria-label": `Play from ${clock(startS)}` }, clock(startS)),
    el("p", {}, first ? null : el("span", { class: "visually-hidden" }, `${voice.name}: `), words,
      question ? el("span", { class: `badge ${question}` }, QUESTION_NAMES[question]) : null,
      ...(move ? [" ", el("span", { class: "badge move" }, move)] : [])),
  );
}

class Finder {
  constructor(root, transcript) {
    this.transcript = transcript;
    this.form = root.querySelector(".find");
    this.input = this.form.querySelector("input");
    this.found = this.form.querySelector(".found");
    this.next = this.form.querySelector(".next");
    this.previous = this.form.querySelector(".previous");
    this.places = [];
    this.place = -1;
    this.input.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.search(), 120);
    });
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.clear();
      if (event.key === "Enter" && event.shiftKey) { event.preventDefault(); this.go(-1); }
    });
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.go(1); });
    this.previous.addEventListener("click", () => this.go(-1));
  }

  clear() {
    this.input.value = "";
    this.search();
  }

  search() {
    const wanted = this.input.value.trim().toLocaleLowerCase();
    for (const number of this.places) this.paint(number, "");
    this.places = wanted
      ? this.transcript.lines.flatMap((line, number) => (line[3].toLocaleLowerCase().includes(wanted) ? [number] : []))
      : [];
    for (const number of this.places) this.paint(number, wanted);
    this.place = -1;
    this.next.disabled = this.previous.disabled = !this.places.length;
    this.found.textContent = wanted && !this.places.length ? "nothing found" : "";
    if (this.places.length) this.go(1);
  }

  go(step) {
    if (!this.places.length) return;
    this.transcript.rows[this.places[this.place]]?.classList.remove("here");
    this.place = (this.place + step + this.places.length) % this.places.length;
    this.found.textContent = `${this.place + 1} of ${this.places.length}`;
    this.transcript.letGo();
    const row = this.transcript.rows[this.places[this.place]];
    row.classList.add("here");
    this.transcript.bring(row, true);
  }

  paint(number, wanted) {
    const text = this.transcript.lines[number][3];
    const words = this.transcript.rows[number].querySelector(".words");
    this.transcript.rows[number].classList.remove("here");
    if (!wanted) { words.textContent = text; return; }
    const pieces = [];
    const lower = text.toLocaleLowerCase();
    let from = 0;
    for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
      pieces.push(text.slice(from, at), el("mark", {}, text.slice(at, at + wanted.length)));
      from = at + wanted.length;
    }
    words.replaceChildren(...pieces, text.slice(from));
  }
}
