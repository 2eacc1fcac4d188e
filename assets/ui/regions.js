// People's marks as they are shown, not drawn: boxes, polygons and brushed masks, in image pixels.

import { draw } from "./dom.js";

/** The runs of a mask as one path: the row, from column to column. */
function runs(coordinates, width) {
  const parts = [];
  let at = 0;
  coordinates.forEach((length, turn) => {
    for (let left = turn % 2 ? length : 0, from = at; left > 0; ) {
      const [x, y] = [from % width, Math.floor(from / width)];
      const part = Math.min(left, width - x);
      parts.push(`M${x} ${y}h${part}v1h${-part}z`);
      from += part;
      left -= part;
    }
    at += length;
  });
  return parts.join("");
}

function path({ shape, coordinates }, width) {
  if (shape === "mask") return runs(coordinates, width);
  if (shape === "polygon") return `M${coordinates.join(" ")}z`;
  const [x0, y0, x1, y1] = coordinates;
  return `M${x0} ${y0}H${x1}V${y1}H${x0}z`;
}

/** Fill `svg` with the marks, each with its phrase as a title. */
export function showMarks(svg, marks, { width, height }) {
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const shapes = marks.flatMap(({ phrase, regions }) =>
    regions.map((region) => {
      const d = path(region, width);
      return draw("g", { class: region.shape === "mask" ? "brushed" : "" }, draw("title", {}, phrase), draw("path", { class: "e", d }), draw("path", { class: "m", d }));
    }),
  );
  svg.replaceChildren(...shapes);
}

/** Whether a pixel is marked, for every cell of a grid over the image: the cells' middles count. */
export function covered(marks, { width, height }, grid) {
  const paper = new OffscreenCanvas(grid.width, grid.height).getContext("2d");
  paper.scale(grid.width / width, grid.height / height);
  for (const { regions } of marks) for (const region of regions) paper.fill(new Path2D(path(region, width)));
  const { data } = paper.getImageData(0, 0, grid.width, grid.height);
  return Array.from({ length: grid.width * grid.height }, (_, at) => data[4 * at + 3] > 127);
}
