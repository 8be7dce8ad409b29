// Uploads in pieces that can be resumed. The queue belongs to the page, not to the component: it goes on while
// somebody looks at another lesson, and takes up an interrupted upload when the same file is chosen again.

const PIECE_BYTES = 8 * 1024 * 1024;
const WAITS_MS = [1000, 2000, 4000, 8000, 15000]; // after a lost connection; the last one repeats
const RESUME_KEY = "lesson-mirror:upload:";
const ENDED = new Set(["done", "known", "failed"]);

class Upload {
  constructor(file, details, changed) {
    this.file = file;
    this.details = details;
    this.changed = changed;
    this.state = "waiting";
    this.sent = 0;
    this.message = "";
    this.resumeKey = `${RESUME_KEY}${file.name}|${file.size}|${file.lastModified}`;
  }

  set(state, message = "") {
    this.state = state;
    this.message = message;
    this.changed();
  }

  async run() {
    this.aborter = new AbortController();
    for (let failures = 0; ; ) {
      try {
        await this.send();
        return;
      } catch (error) {
        if (error.name === "AbortError") return;
        if (error instanceof ApiError && !this.worthAnotherTry(error)) { this.set("failed", error.message); return; }
        this.set("sending", "The connection was lost. It goes on by itself.");
        await pause(WAITS_MS[Math.min(failures++, WAITS_MS.length - 1)]);
        if (this.state === "paused") return;
      }
    }
  }

  worthAnotherTry(error) {
    if (error.status === 404) { localStorage.removeItem(this.resumeKey); return true; }
    return error.status === 409;
  }

  async send() {
    const { signal } = this.aborter;
    let upload = await this.beginOrGoOn(signal);
    this.set("sending");
    while (!upload.lesson_id && upload.received_bytes < this.file.size) {
      this.sent = upload.received_bytes;
      this.changed();
      const piece = this.file.slice(this.sent, this.sent + PIECE_BYTES);
      upload = await callApi("PUT", `/api/uploads/${upload.id}?offset=${this.sent}`, { body: piece, signal });
    }
    this.sent = this.file.size;
    this.set("checking");
    const lesson = await callApi("POST", `/api/uploads/${upload.id}/finish`, { signal });
    localStorage.removeItem(this.resumeKey);
    this.lessonId = lesson.lesson_id;
    this.set(lesson.created ? "done" : "known");
  }

  async beginOrGoOn(signal) {
    const known = localStorage.getItem(this.resumeKey);
    if (known) return callApi("PUT", `/api/uploads/${known}/details`, { json: { details: this.details }, signal });
    const json = { name: this.file.name, size_bytes: this.file.size, details: this.details };
    const upload = await callApi("POST", "/api/uploads", { json, signal });
    localStorage.setItem(this.resumeKey, upload.id);
    return upload;
  }

  pause() {
    this.aborter?.abort();
    this.set("paused");
  }

  cancel() {
    this.aborter?.abort();
    const known = localStorage.getItem(this.resumeKey);
    localStorage.removeItem(this.resumeKey);
    if (known) callApi("DELETE", `/api/uploads/${known}`).catch(() => {});
  }
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

const queue = {
  items: [],
  views: new Set(),
  running: false,
  changed() {
    for (const view of queue.views) view.draw();
  },
  add(file, details) {
    queue.items.push(new Upload(file, details, queue.changed));
  },
  async work() {
    if (queue.running) return;
    queue.running = true;
    for (let next; (next = queue.items.find((item) => item.state === "waiting")); ) await next.run();
    queue.running = false;
    queue.changed();
  },
  remove(item) {
    queue.items = queue.items.filter((other) => other !== item);
    queue.changed();
  },
};

window.addEventListener("beforeunload", (event) => {
  if (queue.items.some((item) => !ENDED.has(item.state))) event.preventDefault();
});

class Uploader {
  constructor(section) {
    this.root = section;
    this.drop = this.root.querySelector(".drop");
    this.input = this.root.querySelector("input[type=file]");
    this.form = this.root.querySelector(".about");
    this.list = this.root.querySelector(".queue");
    this.files = [];
    this.told = new Set();
    this.listen();
    queue.views.add(this);
  }

  update({ data, setTriggerValue }) {
    this.trigger = setTriggerValue;
    this.root.classList.toggle("alone", data.open);
    if (data.open) this.root.querySelector(".add").open = true;
    const offer = (id, values) => this.root.querySelector(id).replaceChildren(...values.map((value) => el("option", { value })));
    offer("#bases", data.bases);
    offer("#teachers", data.teachers);
    this.root.querySelector(".place").textContent = data.place;
    this.root.querySelector(".whose").textContent = data.whose;
    this.form.elements.teacher.value ||= data.teacher;
    this.draw();
  }

  destroy() {
    queue.views.delete(this);
  }

  listen() {
    this.input.addEventListener("change", () => { this.choose([...this.input.files]); this.input.value = ""; });
    this.drop.addEventListener("dragover", (event) => { event.preventDefault(); this.drop.classList.add("over"); });
    this.drop.addEventListener("dragleave", () => this.drop.classList.remove("over"));
    this.drop.addEventListener("drop", (event) => {
      event.preventDefault();
      this.drop.classList.remove("over");
      this.choose([...event.dataTransfer.files]);
    });
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.start(); });
    this.root.querySelector(".forget").addEventListener("click", () => this.choose([]));
  }

  choose(files) {
    this.files = files;
    this.form.hidden = !files.length;
    this.drop.hidden = Boolean(files.length);
    if (!files.length) return;
    const row = (file) => el("li", {},
      el("label", {}, "Title ", el("input", { name: "title", value: titleOf(file), maxlength: 200, autocomplete: "off" })),
      el("small", {}, `${file.name} · ${sizeOf(file.size)}`));
    this.root.querySelector(".chosen").replaceChildren(...files.map(row));
    this.form.elements.held_on.value = dayOf(files[0].lastModified);
    this.root.querySelector(".start").textContent = files.length > 1 ? `Add ${files.length} recordings` : "Add this recording";
    this.root.querySelector(".chosen input").focus();
  }

  start() {
    const fields = ["teacher", "class_name", "subject", "held_on", "lawful_basis", "keep_until"];
    const shared = Object.fromEntries(fields.map((name) => [name, this.form.elements[name].value]));
    const titles = [...this.root.querySelectorAll(".chosen input")].map((input) => input.value);
    this.files.forEach((file, number) => queue.add(file, { ...shared, title: titles[number] }));
    this.choose([]);
    queue.changed();
    queue.work();
  }

  draw() {
    redraw(this.list, queue.items.map((item) => this.row(item)));
    for (const item of queue.items) {
      if (!item.lessonId || this.told.has(item)) continue;
      this.told.add(item);
      this.trigger?.("added", item.lessonId);
      if (item.state === "done") setTimeout(() => queue.remove(item), 4000);
    }
  }

  row(item) {
    const key = queue.items.indexOf(item);
    const button = (label, action) => el("button", { type: "button", class: "plain", "data-key": `${key}-${label}`, onclick: action }, label);
    const again = (label) => button(label, () => { item.set("waiting"); queue.work(); });
    const away = (label) => button(label, () => { item.cancel(); queue.remove(item); });
    const share = item.file.size ? item.sent / item.file.size : 0;
    const [words, ...buttons] = {
      waiting: ["Waits for the one before it", away("Cancel")],
      sending: [`${sizeOf(item.sent)} of ${sizeOf(item.file.size)}`, button("Pause", () => item.pause()), away("Cancel")],
      paused: [`Paused at ${sizeOf(item.sent)} of ${sizeOf(item.file.size)}`, again("Go on"), away("Cancel")],
      checking: ["Checking the recording …"],
      done: ["Here. It is listened to in the background."],
      known: ["This recording is in your library already.", button("Open it", () => this.trigger("open", item.lessonId)), button("Fine", () => queue.remove(item))],
      failed: [item.message, again("Try again"), away("Remove")],
    }[item.state];
    const bar = el("progress", { max: 1, value: share, "aria-label": `Upload of ${item.file.name}` });
    return el("li", { class: item.state },
      el("div", { class: "row" }, el("strong", {}, item.details.title || item.file.name), el("span", { class: "space" }), ...buttons),
      ENDED.has(item.state) ? null : bar,
      el("small", { role: ENDED.has(item.state) ? "status" : null, class: item.state === "failed" ? "problem" : "" }, item.state === "sending" && item.message ? item.message : words));
  }
}

function titleOf(file) {
  return file.name.replace(/\.[^.]+$/, "").replace(/[_]+/g, " ").trim().slice(0, 200);
}

function sizeOf(bytes) {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes >= 1e6 ? `${Math.round(bytes / 1e6)} MB` : `${Math.ceil(bytes / 1e3)} KB`;
}

function dayOf(milliseconds) {
  const day = new Date(milliseconds);
  return new Date(milliseconds - day.getTimezoneOffset() * 60000).toISOString().slice(0, 10);
}

export default keepInstance((section) => new Uploader(section));
