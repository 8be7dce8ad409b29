// The player: video or sound, with transcript, timeline, pictures and notes in step. Nothing is asked of the server
// while it plays; only notes go there.

const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];
const SKIP_S = 5;
const SPEED_KEY = "lesson-mirror:speed";
const ICONS = {
  play: "M7 4.5v15l13-7.5z",
  pause: "M6 4.5h4.5v15H6zM13.5 4.5H18v15h-4.5z",
  back: "M11 6v12l-8.5-6zM20.5 6v12L12 12z",
  ahead: "M13 6v12l8.5-6zM3.5 6v12l8.5-6z",
  sound: "M4 9.5v5h3.5L12 19V5L7.5 9.5zM15 8.5a5 5 0 0 1 0 7M17.5 6a8.5 8.5 0 0 1 0 12",
  muted: "M4 9.5v5h3.5L12 19V5L7.5 9.5zM15.5 9.5l5 5M20.5 9.5l-5 5",
  full: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  previous: "M6 15l6-6 6 6",
  next: "M6 9l6 6 6-6",
};
const OUTLINED = new Set(["full", "previous", "next"]);

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  if (OUTLINED.has(name)) svg.classList.add("outlined");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

class Player {
  constructor(section, component) {
    this.root = section;
    this.video = this.root.querySelector("video");
    this.screen = this.root.querySelector(".screen");
    this.status = this.root.querySelector(".status");
    this.transcript = new Transcript(this.root, (seconds) => this.goTo(seconds, { play: !this.video.paused }));
    this.timeline = new Timeline(this.root, (seconds) => this.goTo(seconds, { play: !this.video.paused }));
    this.notes = new Notes(this.root, this);
    this.aborter = new AbortController();
    this.dressButtons();
    this.listen();
    this.open(component.data);
  }

  // Called with what Python knows: who this is, what can be played, and the notes.
  update({ data, setTriggerValue }) {
    this.trigger = setTriggerValue;
    this.notes.update(data);
    this.timeline.showNotes(data.notes);
    if (this.lesson && data.lesson_url !== this.lessonUrl) this.readAgain(data);
  }

  // Somebody corrected who speaks: the transcript and the timeline come anew, the player stays where it is.
  async readAgain(data) {
    this.lessonUrl = data.lesson_url;
    const response = await fetch(data.lesson_url, { signal: this.aborter.signal });
    if (!response.ok) return;
    const seconds = this.nowS;
    this.show(await response.json(), { ...data, start_s: seconds });
  }

  destroy() {
    this.aborter.abort();
    this.timeline.destroy();
    this.screenWatcher.disconnect();
    this.video.pause();
    this.video.removeAttribute("src");
    this.video.load();
  }

  get nowS() {
    return this.mediaReady ? this.video.currentTime : (this.wantedS ?? 0);
  }

  async open(data) {
    this.root.querySelector(".total").textContent = clock(data.duration_s);
    this.setUpMedia(data);
    this.notes.open(data.lesson_id, data.person_id);
    if (data.show_notes) this.select("notes");
    if (!data.lesson_url) { this.say(data.waiting ?? ""); this.root.classList.add("bare"); return; }
    this.lessonUrl = data.lesson_url;
    try {
      const response = await fetch(data.lesson_url, { signal: this.aborter.signal });
      if (!response.ok) throw new Error(String(response.status));
      this.show(await response.json(), data);
    } catch (error) {
      if (error.name !== "AbortError") this.say("The transcript could not be loaded. Reload the page to try again.");
    }
  }

  show(lesson, data) {
    this.lesson = lesson;
    this.transcript.show(lesson);
    this.timeline.show(lesson);
    this.showPictures(lesson, data);
    this.root.classList.add("ready");
    this.goTo(data.start_s ?? 0, { play: false });
  }

  setUpMedia(data) {
    this.root.classList.toggle("sound", data.media !== "video");
    this.root.querySelector(".sound-only").hidden = data.media === "video";
    this.video.playbackRate = Number(localStorage.getItem(SPEED_KEY) ?? 1);
    if (data.media === "none") { this.say(data.media_reason); return; }
    this.mediaReady = true;
    if (data.poster_url) this.video.poster = data.poster_url;
    if (data.captions_url) {
      this.video.append(el("track", { kind: "captions", label: "Transcript", src: data.captions_url, srclang: data.language ?? "en" }));
      this.video.textTracks[0].mode = "disabled";
    }
    this.video.src = data.media_url;
  }

  showPictures(lesson, data) {
    const strip = this.root.querySelector(".strip");
    this.pictures = lesson.thumbnails_s.map((seconds) => {
      const image = el("img", { src: `${data.thumbnails_url}/${Math.round(seconds * 1000)}.jpg`, alt: "", loading: "lazy", decoding: "async" });
      return el("button", { type: "button", class: "picture", "aria-label": `Picture at ${clock(seconds)}`,
        onclick: () => this.goTo(seconds, { play: !this.video.paused }) }, image, el("span", {}, clock(seconds)));
    });
    strip.replaceChildren(...this.pictures);
    strip.hidden = !this.pictures.length;
  }

  // Everything jumps at once; the picture follows when the browser has it.
  goTo(seconds, { play = true } = {}) {
    const target = Math.min(Math.max(0, seconds), this.lesson?.duration_s ?? Infinity);
    this.wantedS = target;
    if (this.mediaReady) this.video.currentTime = target;
    this.transcript.following = true;
    this.root.querySelector(".follow").hidden = true;
    this.step(target);
    if (play && this.mediaReady) this.video.play().catch(() => {});
  }

  // One step of everything that moves with time.
  step(seconds) {
    this.timeline.moveHead(seconds);
    if (clock(seconds) !== this.shownTime) this.showTime(clock(seconds), seconds);
    if (!this.lesson) return;
    this.transcript.mark(seconds);
    this.markPicture(seconds);
    if (this.root.classList.contains("sound")) {
      this.root.querySelector(".sound-only").textContent = this.lesson.lines[this.transcript.current]?.[3] ?? "What is said appears here.";
    }
  }

  showTime(time, seconds) {
    this.shownTime = time;
    this.root.querySelector(".now").textContent = time;
    this.root.querySelector(".note-at").textContent = time;
    this.notes.tick(seconds);
    this.timeline.announce(seconds);
  }

  markPicture(seconds) {
    const number = this.lesson.thumbnails_s.findLastIndex((at) => at <= seconds + 0.05);
    if (number === this.picture) return;
    this.pictures[this.picture]?.removeAttribute("aria-current");
    this.picture = number;
    const shown = this.pictures[number];
    if (!shown) return;
    shown.setAttribute("aria-current", "true");
    const strip = shown.parentElement;
    strip.scrollTo({ left: shown.offsetLeft - strip.clientWidth / 2 + shown.clientWidth / 2, behavior: reducedMotion.matches ? "instant" : "smooth" });
  }

  playing() {
    if (this.video.paused) return;
    this.step(this.video.currentTime);
    requestAnimationFrame(() => this.playing());
  }

  toggle() {
    if (this.video.paused) this.video.play().catch(() => {});
    else this.video.pause();
  }

  skip(seconds) {
    this.goTo(this.nowS + seconds, { play: !this.video.paused });
  }

  setSpeed(speed) {
    this.video.playbackRate = speed;
    localStorage.setItem(SPEED_KEY, String(speed));
    this.root.querySelector(".speed select").value = String(speed);
  }

  changeSpeed(step) {
    const number = SPEEDS.indexOf(this.video.playbackRate) + step;
    if (SPEEDS[number]) this.setSpeed(SPEEDS[number]);
  }

  toggleCaptions() {
    const track = this.video.textTracks[0];
    if (!track) return;
    const on = track.mode !== "showing";
    track.mode = on ? "showing" : "disabled";
    this.root.querySelector(".captions").setAttribute("aria-pressed", String(on));
  }

  toggleFull() {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (this.screen.requestFullscreen) this.screen.requestFullscreen().catch(() => {});
    else this.video.webkitEnterFullscreen?.();
  }

  writeNote() {
    this.select("notes");
    this.notes.write(this.nowS);
  }

  select(name) {
    for (const tab of this.root.querySelectorAll("[role=tab]")) {
      const mine = tab.id === `tab-${name}`;
      tab.setAttribute("aria-selected", String(mine));
      tab.tabIndex = mine ? 0 : -1;
      this.root.querySelector(`#${tab.getAttribute("aria-controls")}`).hidden = !mine;
    }
    if (name === "lines") this.transcript.followAgain();
    else this.notes.shown();
  }

  say(sentence) {
    this.status.textContent = sentence;
    this.status.hidden = !sentence;
  }

  dressButtons() {
    const find = (name) => this.root.querySelector(name);
    find(".back").append(icon("back"));
    find(".ahead").append(icon("ahead"));
    find(".full").append(icon("full"));
    find(".find .previous").append(icon("previous"));
    find(".find .next").append(icon("next"));
    find(".speed select").append(...SPEEDS.map((speed) => el("option", { value: speed }, `${speed} ×`)));
    find(".speed select").value = localStorage.getItem(SPEED_KEY) ?? "1";
    this.showState();
  }

  showState() {
    const play = this.root.querySelector(".play");
    play.replaceChildren(icon(this.video.paused ? "play" : "pause"));
    play.setAttribute("aria-label", this.video.paused ? "Play" : "Pause");
    const mute = this.root.querySelector(".mute");
    mute.replaceChildren(icon(this.video.muted ? "muted" : "sound"));
    mute.setAttribute("aria-pressed", String(!this.video.muted));
  }

  listen() {
    const { signal } = this.aborter;
    const on = (target, type, action) => target.addEventListener(type, action, { signal });
    const click = (name, action) => on(this.root.querySelector(name), "click", action);
    on(this.video, "play", () => { this.showState(); this.playing(); });
    on(this.video, "pause", () => this.showState());
    on(this.video, "volumechange", () => this.showState());
    on(this.video, "seeked", () => this.step(this.video.currentTime));
    on(this.video, "timeupdate", () => { if (!this.video.paused) this.step(this.video.currentTime); });
    on(this.video, "loadedmetadata", () => this.fit());
    on(this.video, "error", () => { this.mediaReady = false; this.say("This browser cannot play the recording. The transcript works all the same."); });
    on(this.screen, "click", (event) => { if (!event.target.closest("button") && !document.fullscreenElement) this.toggle(); });
    on(document, "fullscreenchange", () => { this.video.controls = Boolean(document.fullscreenElement); });
    click(".play", () => this.toggle());
    click(".back", () => this.skip(-SKIP_S));
    click(".ahead", () => this.skip(SKIP_S));
    click(".mute", () => { this.video.muted = !this.video.muted; });
    click(".captions", () => this.toggleCaptions());
    click(".full", () => this.toggleFull());
    click(".add-note", () => this.writeNote());
    click(".undock", () => this.root.scrollIntoView({ block: "start" }));
    click("#tab-lines", () => this.select("lines"));
    click("#tab-notes", () => this.select("notes"));
    on(this.root.querySelector("[role=tablist]"), "keydown", (event) => this.tabKey(event));
    on(this.root.querySelector(".speed select"), "change", (event) => this.setSpeed(Number(event.target.value)));
    on(this.root.querySelector(".lanes"), "keydown", (event) => this.sliderKey(event));
    on(window, SEEK_EVENT, (event) => this.goTo(event.detail.startS));
    on(document, "keydown", (event) => this.key(event));
    this.screenWatcher = new IntersectionObserver(([entry]) => this.dock(!entry.isIntersecting), { threshold: 0.2 });
    this.screenWatcher.observe(this.root.querySelector(".screen-place"));
  }

  fit() {
    const { videoWidth, videoHeight } = this.video;
    if (videoWidth && videoHeight) this.root.querySelector(".screen-place").style.aspectRatio = `${videoWidth} / ${videoHeight}`;
  }

  // While it plays out of sight, the picture waits in the corner.
  dock(away) {
    this.away = away;
    const docked = away && !this.video.paused && !document.fullscreenElement;
    this.screen.classList.toggle("docked", docked);
    this.root.querySelector(".undock").hidden = !docked;
    if (away && this.video.paused) this.video.addEventListener("play", () => this.dock(this.away), { once: true, signal: this.aborter.signal });
  }

  tabKey(event) {
    if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
    const other = this.root.querySelector("[role=tab][aria-selected=false]");
    this.select(other.id.replace("tab-", ""));
    other.focus();
    event.stopPropagation();
  }

  sliderKey(event) {
    const target = { PageUp: this.nowS + 60, PageDown: this.nowS - 60, Home: 0, End: (this.lesson?.duration_s ?? 0) - 1 }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    this.goTo(target, { play: !this.video.paused });
  }

  key(event) {
    const target = event.composedPath()[0];
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (target.closest?.("input, textarea, select, [contenteditable], [role=dialog]")) return;
    if (event.key === " " && target.closest?.("button, a, summary, [role=tab]")) return;
    const mine = target === document.body || this.root.contains(target);
    const action = {
      " ": () => this.toggle(), ArrowLeft: () => this.skip(-SKIP_S), ArrowRight: () => this.skip(SKIP_S),
      "-": () => this.changeSpeed(-1), "+": () => this.changeSpeed(1), m: () => { this.video.muted = !this.video.muted; },
      c: () => this.toggleCaptions(), f: () => this.toggleFull(), n: () => this.writeNote(),
      "/": () => { this.select("lines"); this.transcript.find.input.focus(); },
    }[event.key];
    if (!action || !mine) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }
}

export default keepInstance((section, component) => new Player(section, component));
