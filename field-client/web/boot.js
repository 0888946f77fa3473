// Starts the app, then makes sure that the service worker keeps it on the tablet.
import init from "./curbstop_field.js";

try {
  await init();
} catch (error) {
  // Never an empty page in the field: say what to do, and keep the reason readable for a phone call. Which language the
  // crew chose is not known before the app has started, so both.
  const state = document.getElementById("state");
  if (state) {
    state.innerText = "The app could not start. Close it and open it again; your work is kept.\n"
      + `La aplicación no pudo iniciar. Ciérrela y ábrala de nuevo; su trabajo está guardado.\n(${error})`;
  }
  throw error;
}

if ("serviceWorker" in navigator) {
  const registration = await navigator.serviceWorker.register("sw.js", { updateViaCache: "none" });
  await navigator.serviceWorker.ready;
  const build = document.querySelector("meta[name=build]")?.content;
  registration.active?.postMessage({ kind: "started", build });
}
