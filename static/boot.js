// The first script of index.html, a plain one for browsers of any age.
//
// Says so when the page cannot start (a file is missing, the browser is too old), and when it panics later on:
// a panic in wasm arrives here as a WebAssembly.RuntimeError. Other errors after the start are the page's own affair.
(function () {
  // The figures below are the default preset's.
  if (location.hash.length > 1) document.documentElement.classList.add("linked");
  var started = false;
  var forbidden = "";
  function failed(reason) {
    var box = document.getElementById("boot-error");
    if (!box) return document.addEventListener("DOMContentLoaded", failed.bind(null, reason));
    document.documentElement.classList.add("boot-failed");
    if (started) document.getElementById("boot-error-title").textContent = "The simulator has stopped.";
    document.getElementById("boot-error-reason").textContent = reason ? String(reason) : "";
    document.getElementById("boot-error-hint").textContent = started ? "" : hint();
    box.hidden = false;
    document.getElementById("boot-reload").onclick = reload;
    document.getElementById("boot-default").onclick = function () {
      location.hash = "";
      return reload();
    };
    // An embed shows its poster until it hears something: this is worth showing, too, and whole.
    if (parent === self) return;
    parent.postMessage({ source: "cachelane", type: "failed" }, "*");
    parent.postMessage({ source: "cachelane", type: "height", height: document.documentElement.scrollHeight }, "*");
  }
  function reload() {
    location.reload();
    return false;
  }
  // Where a module's files are not let through, the browser does not say why.
  function hint() {
    if (forbidden) return "The Content-Security-Policy of the simulator's site forbids it (" + forbidden + "): see its page on hosting.";
    if (location.protocol === "file:") return "Browsers load no program from a file: serve this folder over HTTP.";
    if (self.origin === "null") return "This frame is sandboxed: the simulator's site must send Access-Control-Allow-Origin: * with its .js and .wasm files.";
    return "";
  }
  function onError(event) {
    var error = event.error || event.reason;
    if (started && !(error instanceof WebAssembly.RuntimeError)) return;
    var file = event.target && (event.target.src || event.target.href);
    failed(event.message || (error && error.message) || error || (file ? "Not loaded: " + file : ""));
  }
  document.addEventListener("securitypolicyviolation", function (event) {
    if (event.disposition !== "enforce" || !/^(script|worker|child|connect)/.test(event.effectiveDirective)) return;
    forbidden = event.effectiveDirective + ": " + event.blockedURI;
    var box = document.getElementById("boot-error");
    if (box && !box.hidden && !started) document.getElementById("boot-error-hint").textContent = hint();
  });
  window.cachelaneFailed = failed;
  if (typeof WebAssembly !== "object" || !("noModule" in HTMLScriptElement.prototype)) failed("This browser has no WebAssembly modules.");
  addEventListener("error", onError, true);
  addEventListener("unhandledrejection", onError);
  addEventListener("cachelane-started", function () { started = true; });
})();
