// The picture in its frame: fit or exact pixels, zoom at the pointer, drag to move.
// What lies on the picture (map, marks) lives in the same frame and moves with it.

const STEP = 1.25;
const LARGEST = 16; // device pixels for one image pixel
const FIT_LIMIT = 2; // device pixels for one image pixel: fitting enlarges small images at most so far: more would show blur that is not theirs
const CRISP = 2; // from here on pixels are shown as squares
const REACH = 64; // css pixels of the picture that always stay in sight

export class Viewer {
  #size = { width: 3, height: 2 };
  #scale = 1; // css pixels for one image pixel
  #place = { x: 0, y: 0 };
  #fitted = true;
  #drag = null;
  #sizes; // tells when the stage gets another size
  #seen = null; // the view as last painted, or as it is to be painted once the stage has a size

  /**
   * `stage` holds `pic`; `onZoom(percent, fitted)` hears of every change, `onMove()` of those that the person makes.
   * `takesDrag` may take a drag for something else.
   */
  constructor(stage, pic, { onZoom, onMove = () => {}, takesDrag = () => false }) {
    this.stage = stage;
    this.pic = pic;
    this.onZoom = onZoom;
    this.onMove = onMove;
    this.takesDrag = takesDrag;
    this.#sizes = new ResizeObserver(() => this.#resized());
    this.#sizes.observe(stage);
    stage.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    stage.addEventListener("pointerdown", (event) => this.#down(event));
    stage.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) stage.addEventListener(name, (event) => this.#up(event));
  }

  /** Show an image that is already decoded; `size` is its size in pixels. */
  show(image, size, alt = "The image under review") {
    this.#size = size;
    image.alt = alt;
    image.draggable = false;
    image.className = "photo";
    this.pic.querySelector(".photo")?.remove();
    this.pic.prepend(image);
    this.pic.hidden = false;
    this.#fit();
  }

  clear() {
    this.pic.querySelector(".photo")?.remove();
    this.pic.hidden = true;
  }

  /** Image pixels under a point of the window. */
  at(event) {
    const box = this.pic.getBoundingClientRect();
    return { x: (event.clientX - box.left) / this.#scale, y: (event.clientY - box.top) / this.#scale };
  }

  get size() {
    return this.#size;
  }

  /** Css pixels for one image pixel. */
  get scale() {
    return this.#scale;
  }

  /** The image pixels in the middle of the stage. */
  get middle() {
    const { x, y } = this.#middle();
    return { x: (x - this.#place.x) / this.#scale, y: (y - this.#place.y) / this.#scale };
  }

  /** Move the picture just so far that a place on it, in image pixels, is in sight. */
  see({ x, y }) {
    const { width, height, pad } = this.#frame();
    const into = (at, length) => (at < pad / 2 ? pad / 2 - at : Math.min(0, length - pad / 2 - at));
    const right = into(this.#place.x + x * this.#scale, width);
    const down = into(this.#place.y + y * this.#scale, height);
    if (!right && !down) return;
    this.#place = { x: this.#place.x + right, y: this.#place.y + down };
    this.#fitted = false;
    this.#paint();
    this.onMove();
  }

  /** What is seen, for another viewer to see the same: how large, and which part of the picture is in the middle. */
  get view() {
    const { x, y } = this.#middle();
    const { width, height } = this.#size;
    const middle = { x: (x - this.#place.x) / (width * this.#scale), y: (y - this.#place.y) / (height * this.#scale) };
    return { fitted: this.#fitted, size: this.#size, scale: this.#scale, ratio: this.#scale / this.#fitScale(), ...middle };
  }

  /** See the same as another viewer: of a picture of another size the same part of it. */
  adopt(view) {
    this.#seen = view;
    if (!this.stage.clientWidth) return void this.#await(); // not on the screen: once it is
    if (view.fitted) return void this.#fit();
    const same = view.size.width === this.#size.width && view.size.height === this.#size.height;
    this.#scale = same ? view.scale : view.ratio * this.#fitScale();
    this.#fitted = false;
    this.#centre(view);
    this.#paint();
  }

  /** Observed anew, a stage that comes back within the frame in which it went is told of, too. */
  #await() {
    this.#sizes.unobserve(this.stage);
    this.#sizes.observe(this.stage);
  }

  fit() {
    this.#fit();
    this.onMove();
  }

  #fit() {
    this.#fitted = true;
    this.#scale = this.#fitScale();
    this.#centre();
    this.#paint();
  }

  exact() {
    this.zoomTo(1 / devicePixelRatio, this.#middle());
  }

  toggle() {
    if (this.#fitted) this.exact();
    else this.fit();
  }

  zoom(steps) {
    this.zoomTo(this.#scale * STEP ** steps, this.#middle());
  }

  /** Zoom so that the picture's point under `centre` (css pixels in the stage) stays where it is. */
  zoomTo(scale, centre) {
    const smallest = Math.min(this.#fitScale() / 2, 1 / devicePixelRatio);
    const next = Math.min(LARGEST / devicePixelRatio, Math.max(smallest, scale));
    const ratio = next / this.#scale;
    this.#place = { x: centre.x - (centre.x - this.#place.x) * ratio, y: centre.y - (centre.y - this.#place.y) * ratio };
    this.#scale = next;
    this.#fitted = false;
    this.#paint();
    this.onMove();
  }

  #frame() {
    const style = getComputedStyle(this.stage);
    const pad = parseFloat(style.paddingLeft);
    return { width: this.stage.clientWidth, height: this.stage.clientHeight, pad };
  }

  #fitScale() {
    const { width, height, pad } = this.#frame();
    const fitting = Math.min((width - 2 * pad) / this.#size.width, (height - 2 * pad) / this.#size.height);
    return Math.max(0.001, Math.min(fitting, FIT_LIMIT / devicePixelRatio));
  }

  #middle() {
    const { width, height } = this.#frame();
    return { x: width / 2, y: height / 2 };
  }

  #centre(part = { x: 0.5, y: 0.5 }) {
    const { x, y } = this.#middle();
    this.#place = { x: x - this.#size.width * this.#scale * part.x, y: y - this.#size.height * this.#scale * part.y };
  }

  #paint() {
    const { width, height } = this.#frame();
    const [across, down] = [this.#size.width * this.#scale, this.#size.height * this.#scale];
    const within = (value, length, room) => Math.min(room - REACH, Math.max(REACH - length, value));
    this.#place = { x: within(this.#place.x, across, width), y: within(this.#place.y, down, height) };
    // On whole device pixels, or exact pixels would be smeared over two.
    const whole = (value) => Math.round(value * devicePixelRatio) / devicePixelRatio;
    Object.assign(this.pic.style, {
      width: `${across}px`, height: `${down}px`, transform: `translate(${whole(this.#place.x)}px, ${whole(this.#place.y)}px)`,
    });
    const shown = this.#scale * devicePixelRatio;
    this.pic.classList.toggle("crisp", !this.#fitted && shown >= CRISP);
    this.stage.classList.toggle("loose", across > width || down > height);
    this.#seen = this.view;
    this.onZoom(Math.round(shown * 100), this.#fitted);
  }

  #resized() {
    if (!this.stage.clientWidth) return;
    if (this.#seen) this.adopt(this.#seen); // what was in the middle stays there
  }

  #wheel(event) {
    if (this.pic.hidden) return;
    event.preventDefault();
    const box = this.stage.getBoundingClientRect();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const turn = Math.max(-120, Math.min(120, event.deltaY * unit));
    this.zoomTo(this.#scale * Math.exp(-turn * 0.002), { x: event.clientX - box.left, y: event.clientY - box.top });
  }

  #down(event) {
    const moves = event.button === 1; // the middle button moves the picture whatever tool is in the hand
    if ((event.button !== 0 && !moves) || this.pic.hidden || (!moves && this.takesDrag(event))) return;
    if (moves) event.preventDefault(); // no scrolling of the browser's own
    this.#drag = { id: event.pointerId, x: event.clientX - this.#place.x, y: event.clientY - this.#place.y };
    this.stage.setPointerCapture(event.pointerId);
    this.stage.classList.add("moving");
  }

  #move(event) {
    if (this.#drag?.id !== event.pointerId) return;
    this.#place = { x: event.clientX - this.#drag.x, y: event.clientY - this.#drag.y };
    this.#fitted = false;
    this.#paint();
    this.onMove();
  }

  #up(event) {
    if (this.#drag?.id !== event.pointerId) return;
    this.#drag = null;
    this.stage.classList.remove("moving");
  }
}
