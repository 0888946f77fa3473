// The sheet counts as printed already: the printer is asked for at once.
addEventListener("load", () => print());
