// Ends the session here and on the server, and goes to the log-in.

class Leave {
  constructor(section) {
    this.button = section.querySelector("button");
    this.button.addEventListener("click", () => this.leave());
  }

  update() {}

  async leave() {
    this.button.disabled = true;
    await fetch("/logout", { method: "POST", redirect: "manual" }).catch(() => {});
    window.location.assign("/login");
  }
}

export default keepInstance((section) => new Leave(section));
