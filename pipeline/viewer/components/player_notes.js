// Notes beside the player: a conversation. The server keeps them; a draft survives a reload, and another day too.

const NOTE_KINDS = { observation: "Observation", question: "Question", praise: "Praise", suggestion: "Suggestion" };
const SEEN_AFTER_MS = 2500; // somebody who only passes by has not read

class Notes {
  constructor(root, player) {
    this.player = player;
    this.list = root.querySelector(".notes[aria-label]");
    this.panel = root.querySelector("#panel-notes");
    this.form = root.querySelector(".compose");
    this.text = this.form.querySelector("textarea");
    this.saving = this.form.querySelector(".saving");
    this.undo = root.querySelector(".undo");
    this.count = root.querySelector(".tab .count");
    this.filter = root.querySelector(".note-filter select");
    this.notes = [];
    this.atS = null;
    this.endS = null;
    this.editing = null; // the id of the note that is changed or replied to
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.keep(); });
    this.form.querySelector(".here").addEventListener("click", () => { this.begin(player.nowS); this.saveDraft(); });
    this.form.querySelector(".until").addEventListener("click", () => { this.end(player.nowS); this.saveDraft(); });
    this.form.addEventListener("input", () => this.saveDraft());
    this.filter.addEventListener("change", () => this.draw());
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.keep();
    });
  }

  // What the server knows now: notes, the last one deleted, and what became of the last request.
  update({ notes, answer, settles, alone, frameworks }) {
    const deleted = answer?.deleted_note;
    this.notes = notes;
    this.settles = settles;
    this.form.querySelector(".only-me").hidden = alone;
    this.offerTags(frameworks ?? []);
    const fresh = this.fresh();
    this.count.textContent = notes.length ? (fresh ? `(${notes.length}, ${fresh} new)` : `(${notes.length})`) : "";
    if (answer && answer.token === this.pending) this.answered(answer);
    if (!this.editing) this.draw();
    this.undo.hidden = !deleted;
    this.undo.replaceChildren("Note deleted. ", el("button", { type: "button", onclick: () => this.send({ action: "restore", id: deleted }) }, "Undo"));
    this.shown();
  }

  fresh() {
    return this.notes.flatMap((note) => [note, ...note.replies]).filter((note) => note.new).length;
  }

  // What was on the screen for a moment counts as seen.
  shown() {
    clearTimeout(this.seeing);
    if (this.panel.hidden || !this.fresh() || this.told) return;
    this.seeing = setTimeout(() => { this.told = true; this.player.trigger("note", { action: "see", token: "see" }); }, SEEN_AFTER_MS);
  }

  offerTags(frameworks) {
    const key = JSON.stringify(frameworks);
    if (key === this.frameworks) return;
    this.frameworks = key;
    this.tagNames = Object.fromEntries(frameworks.flatMap((item) => item.elements.map((element) => [`${item.id}/${element.id}`, element.name])));
    const select = this.form.elements.tag;
    select.replaceChildren(el("option", { value: "" }, "No element"), ...frameworks.map((item) =>
      el("optgroup", { label: item.name }, ...item.elements.map((element) => el("option", { value: `${item.id}/${element.id}` }, element.name)))));
    this.form.querySelector(".tagging").hidden = !frameworks.length;
    if (this.draft?.tag) select.value = this.draft.tag;
  }

  open(lessonId, personId) {
    this.draftKey = `lesson-mirror:draft:${personId}:${lessonId}`;
    this.draft = JSON.parse(localStorage.getItem(this.draftKey) ?? "null");
    if (!this.draft) return;
    this.begin(this.draft.atS);
    if (this.draft.endS !== null && this.draft.endS !== undefined) this.end(this.draft.endS);
    this.text.value = this.draft.text;
    this.form.elements.kind.value = this.draft.kind ?? "observation";
    this.form.elements.private.checked = Boolean(this.draft.private);
  }

  // Until somebody writes, a note would be at the time the player is at.
  tick(seconds) {
    if (this.atS === null) this.form.querySelector(".compose-at").textContent = clock(seconds);
  }

  begin(seconds) {
    this.atS = seconds;
    this.endS = null;
    this.form.querySelector(".compose-at").textContent = clock(seconds);
  }

  end(seconds) {
    if (this.atS === null || seconds <= this.atS) return;
    this.endS = seconds;
    this.form.querySelector(".compose-at").textContent = `${clock(this.atS)} to ${clock(seconds)}`;
  }

  write(seconds) {
    if (!this.text.value.trim()) this.begin(seconds);
    this.text.focus();
  }

  saveDraft() {
    if (this.atS === null) this.begin(this.player.nowS);
    const { kind, tag, private: hidden } = this.form.elements;
    const draft = { atS: this.atS, endS: this.endS, text: this.text.value, kind: kind.value, tag: tag.value, private: hidden.checked };
    if (this.text.value.trim()) localStorage.setItem(this.draftKey, JSON.stringify(draft));
    else localStorage.removeItem(this.draftKey);
  }

  keep() {
    const text = this.text.value.trim();
    if (!text || this.pending) return;
    const { kind, tag, private: hidden } = this.form.elements;
    const round = (seconds) => Math.round(seconds * 100) / 100;
    this.saving.textContent = "Keeping …";
    this.send({ action: "add", at_s: round(this.atS ?? this.player.nowS), end_s: this.endS === null ? null : round(this.endS),
      text, kind: kind.value, tags: tag.value ? [tag.value] : [], private: hidden.checked });
  }

  send(request) {
    this.pending = crypto.randomUUID();
    this.request = request;
    this.player.trigger("note", { ...request, token: this.pending });
  }

  answered(answer) {
    this.pending = null;
    this.saving.textContent = answer.problem ?? "";
    if (answer.problem) return;
    this.editing = null;
    if (this.request.action !== "add") return;
    localStorage.removeItem(this.draftKey);
    this.text.value = "";
    this.form.elements.tag.value = "";
    this.atS = null;
    this.endS = null;
    this.tick(this.player.nowS);
  }

  draw() {
    const fits = { all: () => true, open: (note) => !note.resolved, mine: (note) => note.mine,
      new: (note) => note.new || note.replies.some((reply) => reply.new) };
    const wanted = this.filter.value;
    const kept = this.notes.filter(fits[wanted] ?? ((note) => note.kind === wanted));
    const rows = kept.map((note) => this.thread(note));
    if (!rows.length) {
      const words = this.notes.length ? "No note fits." : "No notes yet. Play the lesson, and write at the moment that matters.";
      rows.push(el("li", { class: "empty" }, words));
    }
    this.filter.parentElement.hidden = this.notes.length < 2;
    redraw(this.list, rows);
  }

  thread(note) {
    const answers = note.replies.map((reply) => this.editing === `edit-${reply.id}` ? this.writeRow(reply, "edit") : this.row(reply, note));
    if (this.editing === `reply-${note.id}`) answers.push(this.writeRow(note, "reply"));
    const main = this.editing === `edit-${note.id}` ? this.writeRow(note, "edit") : this.row(note);
    return el("li", { class: `note ${note.resolved ? "resolved" : ""}`, "data-note": note.id }, main,
      answers.length ? el("ol", { class: "replies", "aria-label": "Replies" }, ...answers.map((answer) => el("li", {}, answer))) : null);
  }

  row(note, above = null) {
    const at = above ? "" : note.end_s ? `${clock(note.at_s)} – ${clock(note.end_s)}` : clock(note.at_s);
    const where = `the note at ${clock((above ?? note).at_s)}`;
    const button = (name, label, action) => el("button", { type: "button", class: "plain small", "data-key": `${name}-${note.id}`, "aria-label": `${label}${name === "reply" ? " to" : ""} ${where}`, onclick: action }, label);
    const edit = (what) => () => { this.editing = `${what}-${note.id}`; this.draw(); this.list.querySelector("textarea").focus(); };
    return el("div", { class: above ? "reply" : "" },
      el("div", { class: "row" },
        above ? null : el("button", { type: "button", class: "moment", "aria-label": `Play from ${clock(note.at_s)}`, onclick: () => this.player.goTo(note.at_s) },
          el("span", { class: "moment-at" }, `▶ ${at}`)),
        note.author ? el("span", { class: "author" }, note.author) : null,
        above ? null : el("span", { class: `badge ${note.kind}` }, NOTE_KINDS[note.kind]),
        ...note.tags.map((tag) => el("span", { class: "badge" }, this.tagNames?.[tag] ?? tag)),
        note.private ? el("span", { class: "badge" }, "Only you") : null,
        note.resolved ? el("span", { class: "badge" }, "Settled") : null,
        note.new ? el("span", { class: "badge new" }, "New") : null),
      el("p", { class: "note-text" }, note.text),
      el("div", { class: "row actions" },
        above ? null : button("reply", "Reply", edit("reply")),
        above || !(note.mine || this.settles) ? null : button("resolve", note.resolved ? "Open again" : "Settle", () => this.send({ action: "resolve", id: note.id, resolved: !note.resolved })),
        note.mine ? button("edit", "Edit", edit("edit")) : null,
        note.mine ? button("delete", "Delete", () => this.send({ action: "delete", id: note.id })) : null));
  }

  writeRow(note, what) {
    const label = what === "reply" ? "Your reply to" : "Change";
    const text = el("textarea", { rows: 3, maxlength: 4000, "aria-label": `${label} the note at ${clock(note.at_s)}` });
    text.value = what === "edit" ? note.text : "";
    const keep = () => {
      const words = text.value.trim();
      if (words) this.send(what === "edit" ? { action: "edit", id: note.id, seen: note.seen, text: words } : { action: "reply", id: note.id, text: words });
    };
    text.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) keep(); });
    return el("div", { class: "editing" }, text,
      el("div", { class: "row" },
        el("button", { type: "button", class: "primary", onclick: keep }, what === "reply" ? "Reply" : "Keep"),
        el("button", { type: "button", class: "plain", onclick: () => { this.editing = null; this.draw(); } }, "Cancel")));
  }
}
