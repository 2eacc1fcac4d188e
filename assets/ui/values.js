// The numbers of a map, read from its grey picture: realness = grey / 255, so in steps of 0.004.

const UNREAL = [242, 142, 28]; // A is more unreal than B: orange
const REAL = [61, 139, 253]; // A is more real than B: blue. Told apart without red and green

/** A grid of values over a whole picture, whatever the picture's size. */
class Grid {
  constructor(width, height, values) {
    Object.assign(this, { width, height, values });
  }

  /** The value at a place, 0 to 1 across and down: bilinear between the middles of the grid's cells. */
  at(across, down) {
    const cell = (part, length) => Math.min(length - 1, Math.max(0, part * length - 0.5));
    const [x, y] = [cell(across, this.width), cell(down, this.height)];
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const [right, under] = [Math.min(left + 1, this.width - 1), Math.min(top + 1, this.height - 1)];
    const row = (line) => {
      const [a, b] = [this.values[line * this.width + left], this.values[line * this.width + right]];
      return a + (b - a) * (x - left);
    };
    return row(top) + (row(under) - row(top)) * (y - top);
  }

  get range() {
    this.found ??= this.values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
    return this.found;
  }

  get mean() {
    return this.values.reduce((sum, value) => sum + value, 0) / this.values.length;
  }
}

/** The values of a layer from its decoded grey picture. */
export function read(image) {
  const [width, height] = [image.naturalWidth, image.naturalHeight];
  const paper = new OffscreenCanvas(width, height).getContext("2d");
  paper.drawImage(image, 0, 0);
  const { data } = paper.getImageData(0, 0, width, height);
  return new Grid(width, height, Float32Array.from({ length: width * height }, (_, at) => data[4 * at] / 255));
}

/** First minus second, on the finer of the two grids. */
export function subtract(first, second) {
  const [width, height] = [Math.max(first.width, second.width), Math.max(first.height, second.height)];
  const values = new Float32Array(width * height);
  for (let y = 0, cell = 0; y < height; y++) {
    for (let x = 0; x < width; x++, cell++) {
      const [across, down] = [(x + 0.5) / width, (y + 0.5) / height];
      values[cell] = first.at(across, down) - second.at(across, down);
    }
  }
  return new Grid(width, height, values);
}

/** How far a difference goes to either side. */
export const reach = ({ range: [low, high] }) => Math.max(-low, high);

/** Draw a difference: orange below zero, blue above, nothing at zero and all of the colour at `most`. */
export function drawDifference(canvas, { width, height, values }, most) {
  Object.assign(canvas, { width, height });
  const paper = canvas.getContext("2d");
  const picture = paper.createImageData(width, height);
  values.forEach((value, cell) => {
    const seen = Math.min(1, Math.abs(value) / Math.max(most, 1 / 255)); // even, as the scale beside it
    picture.data.set([...(value < 0 ? UNREAL : REAL), 255 * seen], 4 * cell);
  });
  paper.putImageData(picture, 0, 0);
}

/** The colours of a difference from -1 to 1, as a css gradient. */
export const DIFFERENCE = `linear-gradient(to right, rgb(${UNREAL.join(" ")}), #777777, rgb(${REAL.join(" ")}))`;

/** A difference with its sign, two digits. */
export function signed(value) {
  const text = Math.abs(value).toFixed(2);
  return text === "0.00" ? text : `${value < 0 ? "−" : "+"}${text}`;
}
