// Strokes of a finger as lines on a canvas: each a colour, a width and points; smoothed through the middles between points. Pure but for the pen given.

export interface Stroke {
  colour: string;
  width: number;
  points: { x: number; y: number }[];
}

// Nearer points are the trembling of a hand in a glove.
const STEP_PIXELS_MIN = 2;

export function extend(stroke: Stroke, point: { x: number; y: number }): boolean {
  const last = stroke.points.at(-1);
  if (last && Math.hypot(point.x - last.x, point.y - last.y) < STEP_PIXELS_MIN) return false;
  stroke.points.push(point);
  return true;
}

export type Pen = Pick<CanvasRenderingContext2D, 'beginPath' | 'moveTo' | 'lineTo' | 'quadraticCurveTo' | 'arc' | 'stroke' | 'fill'> & {
  strokeStyle: unknown;
  fillStyle: unknown;
  lineWidth: number;
  lineCap: unknown;
  lineJoin: unknown;
};

export function draw(pen: Pen, { colour, width, points }: Stroke): void {
  const [first, ...rest] = points;
  if (!first) return;
  pen.strokeStyle = colour;
  pen.fillStyle = colour;
  pen.lineWidth = width;
  pen.lineCap = 'round';
  pen.lineJoin = 'round';
  pen.beginPath();
  if (rest.length === 0) {
    pen.arc(first.x, first.y, width / 2, 0, 2 * Math.PI); // a tap is a dot
    pen.fill();
    return;
  }
  pen.moveTo(first.x, first.y);
  for (let index = 1; index < points.length - 1; index++) {
    const [here, next] = [points[index]!, points[index + 1]!];
    pen.quadraticCurveTo(here.x, here.y, (here.x + next.x) / 2, (here.y + next.y) / 2);
  }
  pen.lineTo(points.at(-1)!.x, points.at(-1)!.y);
  pen.stroke();
}
