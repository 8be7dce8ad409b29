// What all components share. A component's script is this file, then its own parts, joined by components/__init__.py.
// Text from recordings and people only ever becomes textContent, never markup.

const SEEK_EVENT = "lesson-mirror:seek";
const reducedMotion = window.matchMedia("(prefers-reduced-motion: reduce)");

function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else if (name === "style") node.style.cssText = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

// Any component may ask the player of the page to go somewhere; no server is asked.
function playFrom(startS) {
  window.dispatchEvent(new CustomEvent(SEEK_EVENT, { detail: { startS } }));
}

function momentButton(moment) {
  const label = moment.text ? `Play ${clock(moment.start_s)}: ${moment.text}` : `Play from ${clock(moment.start_s)}`;
  return el(
    "button",
    { type: "button", class: "moment", "aria-label": label, onclick: () => playFrom(moment.start_s) },
    el("span", { class: "moment-at" }, `▶ ${clock(moment.start_s)}`),
    moment.text ? el("span", { class: "moment-text" }, moment.text) : null,
  );
}

// Draws a list anew without taking the keyboard's place away: what had the focus is found again by its data-key.
function redraw(container, children) {
  const key = container.getRootNode().activeElement?.dataset.key;
  container.replaceChildren(...children);
  if (key) container.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}

async function callApi(method, path, { json, body, signal } = {}) {
  const headers = { "X-Lesson-Mirror": "1" };
  if (json !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(path, { method, headers, signal, body: json === undefined ? body : JSON.stringify(json) });
  const content = response.status === 204 ? {} : await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(response.status, content);
  return content;
}

class ApiError extends Error {
  constructor(status, content) {
    super([content.error ?? "Something went wrong.", content.hint ?? ""].join(" ").trim());
    this.status = status;
    this.sentence = content.error ?? "Something went wrong.";
    this.hint = content.hint ?? "";
  }
}

// Streamlit calls a component's function again whenever its data change, and may run the cleanup of an earlier call
// after a later one: one instance a mount is kept and updated, and only the cleanup of the last call ends it. A new
// instance begins with untouched markup.
function keepInstance(create) {
  const instances = new WeakMap();
  return function render(component) {
    const root = component.parentElement;
    let instance = instances.get(root);
    if (!instance) {
      const section = root.querySelector("section.lm");
      const untouched = section.cloneNode(true);
      instance = create(section, component);
      instance.end = () => {
        instances.delete(root);
        instance.destroy?.();
        section.replaceWith(untouched);
      };
      instances.set(root, instance);
    }
    const call = Symbol("call");
    instance.lastCall = call;
    instance.update(component);
    return () => {
      if (instance.lastCall === call) instance.end();
    };
  };
}
