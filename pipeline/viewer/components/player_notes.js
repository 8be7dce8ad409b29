// Notes beside the player. They are kept by the server; a draft survives a reload, but not the window.

class Notes {
  constructor(root, player) {
    this.player = player;
    this.list = root.querySelector(".notes[aria-label]");
    this.form = root.querySelector(".compose");
    this.text = this.form.querySelector("textarea");
    this.saving = this.form.querySelector(".saving");
    this.undo = root.querySelector(".undo");
    this.count = root.querySelector(".tab .count");
    this.notes = [];
    this.atS = null;
    this.editing = null;
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.keep(); });
    this.form.querySelector(".here").addEventListener("click", () => { this.begin(player.nowS); this.saveDraft(); });
    this.text.addEventListener("input", () => this.saveDraft());
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.keep();
    });
  }

  // What the server knows now: notes, the last one deleted, and what became of the last request.
  update({ notes, answer }) {
    const deleted = answer?.deleted_note;
    this.notes = notes;
    this.count.textContent = notes.length ? `(${notes.length})` : "";
    if (answer && answer.token === this.pending) this.answered(answer);
    if (!this.editing) this.draw();
    this.undo.hidden = !deleted;
    this.undo.replaceChildren("Note deleted. ", el("button", { type: "button", onclick: () => this.send({ action: "restore", id: deleted }) }, "Undo"));
  }

  open(lessonId) {
    this.draftKey = `lesson-mirror:draft:${lessonId}`;
    const draft = JSON.parse(sessionStorage.getItem(this.draftKey) ?? "null");
    if (draft) { this.begin(draft.atS); this.text.value = draft.text; }
  }

  // Until somebody writes, a note would be at the time the player is at.
  tick(seconds) {
    if (this.atS === null) this.form.querySelector(".compose-at").textContent = clock(seconds);
  }

  begin(seconds) {
    this.atS = seconds;
    this.form.querySelector(".compose-at").textContent = clock(seconds);
  }

  write(seconds) {
    if (!this.text.value.trim()) this.begin(seconds);
    this.text.focus();
  }

  saveDraft() {
    if (this.atS === null) this.begin(this.player.nowS);
    if (this.text.value.trim()) sessionStorage.setItem(this.draftKey, JSON.stringify({ atS: this.atS, text: this.text.value }));
    else sessionStorage.removeItem(this.draftKey);
  }

  keep() {
    const text = this.text.value.trim();
    if (!text || this.pending) return;
    this.saving.textContent = "Keeping …";
    this.send({ action: "add", at_s: Math.round((this.atS ?? this.player.nowS) * 100) / 100, text });
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
    sessionStorage.removeItem(this.draftKey);
    this.text.value = "";
    this.atS = null;
    this.tick(this.player.nowS);
  }

  draw() {
    const rows = this.notes.map((note) => (note.id === this.editing ? this.editRow(note) : this.row(note)));
    if (!rows.length) rows.push(el("li", { class: "empty" }, "No notes yet. Play the lesson, and write at the moment that matters."));
    redraw(this.list, rows);
  }

  row(note) {
    return el("li", { class: "note" },
      el("div", { class: "row" },
        el("button", { type: "button", class: "moment", "aria-label": `Play from ${clock(note.at_s)}`, onclick: () => this.player.goTo(note.at_s) },
          el("span", { class: "moment-at" }, `▶ ${clock(note.at_s)}`)),
        note.author ? el("span", { class: "author" }, note.author) : null,
        el("span", { class: "space" }),
        el("button", { type: "button", class: "plain", "data-key": `edit-${note.id}`, "aria-label": `Edit the note at ${clock(note.at_s)}`, onclick: () => { this.editing = note.id; this.draw(); this.list.querySelector("textarea").focus(); } }, "Edit"),
        el("button", { type: "button", class: "plain", "data-key": `delete-${note.id}`, "aria-label": `Delete the note at ${clock(note.at_s)}`, onclick: () => this.send({ action: "delete", id: note.id }) }, "Delete")),
      el("p", { class: "note-text" }, note.text));
  }

  editRow(note) {
    const text = el("textarea", { rows: 3, maxlength: 4000, "aria-label": `Change the note at ${clock(note.at_s)}` });
    text.value = note.text;
    const keep = () => text.value.trim() && this.send({ action: "edit", id: note.id, seen: note.seen, text: text.value.trim() });
    return el("li", { class: "note editing" }, text,
      el("div", { class: "row" },
        el("button", { type: "button", class: "primary", onclick: keep }, "Keep"),
        el("button", { type: "button", class: "plain", onclick: () => { this.editing = null; this.draw(); } }, "Cancel")));
  }
}
