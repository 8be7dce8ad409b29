// The timeline: what went on, who spoke, questions, waits and notes over the whole lesson. A click goes there.

const SEGMENT_NAMES = { teacher_talk: "Teacher talks", dialogue: "Dialogue", group_talk: "Group talk", silence: "Silence" };
const ROLE_NAMES = { teacher: "Teacher", student: "Students", unknown: "Not sure" };
const WAIT_NAMES = { wait_time_1: "Wait after a question", wait_time_2: "Wait after a student spoke" };
const ZOOMS = [1, 2, 4, 8, 16];
const LEAST_WIDTH_PX = 1; // what is shorter on the screen is still drawn this wide
const CROWDED_PX = 16; // marks nearer to each other than this on average become thin ticks
const NEAR_PX = 7; // a click this near to a mark means the mark

class Timeline {
  constructor(root, seek) {
    this.root = root.querySelector(".timeline");
    this.lanes = root.querySelector(".lanes");
    this.names = root.querySelector(".names");
    this.scroller = root.querySelector(".scroller");
    this.bubble = root.querySelector(".bubble");
    this.eachButton = root.querySelector(".each");
    this.zoomIn = root.querySelector(".zoom .in");
    this.zoomOut = root.querySelector(".zoom .out");
    this.seek = seek;
    this.zoom = 0;
    this.each = false;
    this.notes = [];
    this.head = el("div", { class: "head", "aria-hidden": "true" });
    this.listen();
    this.watcher = new ResizeObserver(() => this.draw());
  }

  show(lesson) {
    this.lesson = lesson;
    this.durationS = Math.max(lesson.duration_s, 0.1);
    this.lanes.setAttribute("aria-valuemax", Math.round(this.durationS));
    this.lanes.setAttribute("aria-valuemin", 0);
    this.eachButton.hidden = lesson.voices.filter((voice) => voice.talk_s > 0).length < 3;
    this.writeLegend();
    this.watcher.observe(this.scroller);
    this.draw();
  }

  showNotes(notes) {
    this.notes = notes;
    if (this.lesson) this.draw();
  }

  destroy() {
    this.watcher.disconnect();
  }

  draw() {
    if (!this.lesson) return;
    const width = this.scroller.clientWidth * ZOOMS[this.zoom];
    if (!width) return;
    this.perS = width / this.durationS;
    this.lanes.style.width = `${width}px`;
    const questions = this.lesson.lines.filter((line) => line[4]).length;
    this.root.classList.toggle("crowded", questions * CROWDED_PX > width);
    const rows = [this.segmentLane(), ...this.voiceLanes(), this.questionLane()];
    if (this.notes.length) rows.push(this.noteLane());
    this.names.replaceChildren(...rows.map((row) => el("span", { class: `name ${row.kind}` }, row.name)));
    this.lanes.replaceChildren(...rows.map((row) => row.node), this.scale(), this.head);
    this.names.append(el("span", { class: "name scale" }));
    this.moveHead(this.nowS ?? 0);
  }

  segmentLane() {
    const parts = this.lesson.segments.map(([startS, endS, kind]) => {
      const width = (endS - startS) * this.perS;
      const label = width > 70 ? SEGMENT_NAMES[kind] : "";
      return el("span", { class: `segment ${kind}`, style: `left:${startS * this.perS}px;width:${Math.max(width, 1)}px` }, label);
    });
    return { name: "Activity", kind: "segments", node: el("div", { class: "lane segments" }, ...parts) };
  }

  voiceLanes() {
    const voices = this.lesson.voices.map((voice, number) => ({ ...voice, spans: this.lesson.speech[number] }));
    const heard = voices.filter((voice) => voice.spans.length);
    if (this.each) return heard.map((voice) => this.voiceLane(voice.name, voice.role, [voice.spans]));
    return Object.keys(ROLE_NAMES).flatMap((role) => {
      const mine = heard.filter((voice) => voice.role === role).map((voice) => voice.spans);
      return mine.length ? [this.voiceLane(ROLE_NAMES[role], role, mine)] : [];
    });
  }

  voiceLane(name, role, spanLists) {
    const least = LEAST_WIDTH_PX / this.perS;
    let path = "";
    for (const spans of spanLists) {
      for (let at = 0; at < spans.length; at += 2) {
        path += `M${spans[at]} 0H${Math.max(spans[at + 1], spans[at] + least).toFixed(2)}V1H${spans[at]}z`;
      }
    }
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", `0 0 ${this.durationS} 1`);
    svg.setAttribute("preserveAspectRatio", "none");
    const drawn = document.createElementNS("http://www.w3.org/2000/svg", "path");
    drawn.setAttribute("d", path);
    svg.append(drawn);
    return { name, kind: role, node: el("div", { class: `lane voice ${role}` }, svg) };
  }

  questionLane() {
    const waits = this.lesson.waits.map(([startS, endS, kind]) =>
      el("span", { class: `wait ${kind}`, style: `left:${startS * this.perS}px;width:${Math.max((endS - startS) * this.perS, 1)}px` }));
    const questions = this.lesson.lines.filter((line) => line[4]).map(([startS, , , , kind]) =>
      el("span", { class: `mark ${kind}`, style: `left:${startS * this.perS}px` }));
    return { name: "Questions", kind: "questions", node: el("div", { class: "lane questions" }, ...waits, ...questions) };
  }

  noteLane() {
    const flags = this.notes.map((note) => el("span", { class: "flag", style: `left:${note.at_s * this.perS}px` }));
    return { name: "Notes", kind: "notes", node: el("div", { class: "lane notes" }, ...flags) };
  }

  scale() {
    const steps = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
    const step = steps.find((seconds) => seconds * this.perS >= 70) ?? 7200;
    const marks = [];
    for (let at = 0; at < this.durationS; at += step) {
      marks.push(el("span", { style: `left:${at * this.perS}px` }, clock(at)));
    }
    return el("div", { class: "lane scale", "aria-hidden": "true" }, ...marks);
  }

  writeLegend() {
    const activities = new Set(this.lesson.segments.map((segment) => segment[2]));
    const kinds = new Set(this.lesson.lines.map((line) => line[4]).filter(Boolean));
    const entries = Object.entries(SEGMENT_NAMES).filter(([kind]) => activities.has(kind))
      .map(([kind, name]) => el("span", {}, el("i", { class: `segment ${kind}` }), name.toLowerCase()));
    entries.push(...Object.entries(QUESTION_NAMES).filter(([kind]) => kinds.has(kind))
      .map(([kind, name]) => el("span", {}, el("i", { class: `mark ${kind}` }), name)));
    if (this.lesson.waits.length) entries.push(el("span", {}, el("i", { class: "wait" }), "waiting"));
    this.root.querySelector(".legend").replaceChildren(...entries);
  }

  moveHead(seconds) {
    this.nowS = seconds;
    if (!this.perS) return;
    const x = seconds * this.perS;
    this.head.style.transform = `translateX(${x}px)`;
    const { scrollLeft, clientWidth } = this.scroller;
    if (this.zoom && !this.dragging && (x < scrollLeft || x > scrollLeft + clientWidth - 40)) this.scroller.scrollLeft = x - 60;
  }

  announce(seconds) {
    this.lanes.setAttribute("aria-valuenow", Math.round(seconds));
    this.lanes.setAttribute("aria-valuetext", clock(seconds));
  }

  listen() {
    this.eachButton.addEventListener("click", () => {
      this.each = !this.each;
      this.eachButton.setAttribute("aria-pressed", String(this.each));
      this.draw();
    });
    this.zoomIn.addEventListener("click", () => this.setZoom(this.zoom + 1));
    this.zoomOut.addEventListener("click", () => this.setZoom(this.zoom - 1));
    this.lanes.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      this.dragging = true;
      this.lanes.setPointerCapture(event.pointerId);
      this.goTo(event);
    });
    this.lanes.addEventListener("pointermove", (event) => {
      this.explain(event);
      if (this.dragging) this.goTo(event);
    });
    for (const type of ["pointerup", "pointercancel"]) this.lanes.addEventListener(type, () => { this.dragging = false; });
    this.lanes.addEventListener("pointerleave", () => { this.bubble.hidden = true; });
  }

  setZoom(zoom) {
    this.zoom = Math.min(ZOOMS.length - 1, Math.max(0, zoom));
    this.zoomOut.disabled = this.zoom === 0;
    this.zoomIn.disabled = this.zoom === ZOOMS.length - 1;
    this.draw();
    this.scroller.scrollLeft = (this.nowS ?? 0) * this.perS - this.scroller.clientWidth / 2;
  }

  timeOf(event) {
    const left = this.lanes.getBoundingClientRect().left;
    return Math.min(this.durationS, Math.max(0, (event.clientX - left) / this.perS));
  }

  goTo(event) {
    const seconds = this.timeOf(event);
    const near = this.nearMark(event, seconds);
    this.seek(near?.atS ?? seconds);
  }

  // The question or note under the pointer, if any.
  nearMark(event, seconds) {
    const lane = event.target.closest?.(".lane");
    const marks = lane?.classList.contains("notes")
      ? this.notes.map((note) => ({ atS: note.at_s, text: note.text }))
      : lane?.classList.contains("questions")
        ? this.lesson.lines.filter((line) => line[4]).map((line) => ({ atS: line[0], text: `${line[3]} (${QUESTION_NAMES[line[4]]})` }))
        : [];
    let best = null;
    for (const mark of marks) {
      const away = Math.abs(mark.atS - seconds) * this.perS;
      if (away <= NEAR_PX && (!best || away < best.away)) best = { ...mark, away };
    }
    return best;
  }

  explain(event) {
    const seconds = this.timeOf(event);
    this.bubble.textContent = `${clock(seconds)} · ${this.whatIsAt(event, seconds)}`;
    this.bubble.hidden = false;
    const box = this.root.getBoundingClientRect();
    const x = Math.min(event.clientX - box.left, box.width - this.bubble.offsetWidth - 8);
    this.bubble.style.transform = `translate(${Math.max(0, x)}px, ${event.clientY - box.top + 22}px)`;
  }

  whatIsAt(event, seconds) {
    const near = this.nearMark(event, seconds);
    if (near) return near.text;
    const inside = ([startS, endS]) => startS <= seconds && seconds < endS;
    const wait = event.target.closest?.(".questions") && this.lesson.waits.find(inside);
    if (wait) return `${WAIT_NAMES[wait[2]]}: ${(wait[1] - wait[0]).toFixed(1)} s`;
    const line = this.lesson.lines.findLast?.(inside);
    if (line) return `${this.lesson.voices[line[2]].name}: ${line[3]}`;
    const segment = this.lesson.segments.find(inside);
    return segment ? SEGMENT_NAMES[segment[2]] : "";
  }
}
