// Signatures drawn with a finger, a pen or a mouse; those of a decision go with its form. Knows no verb.

/** Lets a canvas be drawn on: `began` with a stroke, `moved` while it goes on, `lifted` at its end. */
export function sketch(canvas, { began = () => {}, moved = () => {}, lifted = () => {} }) {
  const pen = canvas.getContext("2d");
  const place = (event) => {
    const bounds = canvas.getBoundingClientRect();
    return [((event.clientX - bounds.left) * canvas.width) / bounds.width, ((event.clientY - bounds.top) * canvas.height) / bounds.height];
  };
  canvas.hidden = false;
  pen.lineWidth = 3;
  pen.lineCap = pen.lineJoin = "round";
  pen.strokeStyle = "#111";
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    began();
    pen.beginPath();
    pen.moveTo(...place(event));
    event.preventDefault();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    pen.lineTo(...place(event));
    pen.stroke();
    moved();
  });
  canvas.addEventListener("pointerup", lifted);
  return () => pen.clearRect(0, 0, canvas.width, canvas.height);
}

/** Makes the places for signatures within a part of the page ready. */
export function prepare(scope) {
  for (const box of scope.querySelectorAll("[data-sign]:not([data-ready])")) {
    box.dataset.ready = "";
    const [canvas, kept, again, chooser] = ["canvas", "input[type=hidden]", "[data-sign-clear]", "input[type=file]"].map((one) => box.querySelector(one));
    let drawn = false;
    const clear = sketch(canvas, {
      moved: () => { drawn = true; },
      lifted: () => {
        if (!drawn) return;
        kept.value = canvas.toDataURL("image/png");
        again.hidden = false;
      },
    });
    chooser.hidden = true;              // of those who draw nothing: only without a script
    again.addEventListener("click", () => {
      clear();
      drawn = false;
      kept.value = "";
      again.hidden = true;
    });
  }
}
