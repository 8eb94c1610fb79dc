interface Place {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

const SMALLEST = 0.05;
const LARGEST = 2.5;
/** Small drawings are not blown up to fill the window. */
const LARGEST_FIT = 1.15;
const MARGIN = 16;

/** Moves and zooms what is inside an SVG: dragging, the wheel, two fingers on a touchpad. */
export class Viewport {
  private readonly frame: SVGSVGElement;
  private readonly content: SVGGElement;
  /** Whether the last press of the mouse moved the drawing: its click then means nothing else. */
  dragged = false;
  private place: Place = { x: 0, y: 0, scale: 1 };

  constructor(frame: SVGSVGElement, content: SVGGElement) {
    this.frame = frame;
    this.content = content;
    frame.addEventListener('wheel', (event) => this.onWheel(event), { passive: false });
    frame.addEventListener('pointerdown', (event) => this.onDown(event));
  }

  /** Shows a rectangle whole, in the middle. */
  fit(width: number, height: number): void {
    const { clientWidth, clientHeight } = this.frame;
    const scale = Math.min(
      LARGEST_FIT,
      (clientWidth - 2 * MARGIN) / Math.max(1, width),
      (clientHeight - 2 * MARGIN) / Math.max(1, height),
    );
    this.move({ x: (clientWidth - width * scale) / 2, y: (clientHeight - height * scale) / 2, scale });
  }

  /** Brings a point into the middle, at a size that can be read. */
  centre(x: number, y: number): void {
    const scale = Math.max(this.place.scale, 0.8);
    const { clientWidth, clientHeight } = this.frame;
    this.move({ x: clientWidth / 2 - x * scale, y: clientHeight / 2 - y * scale, scale });
  }

  zoom(factor: number, at?: { readonly x: number; readonly y: number }): void {
    const { clientWidth, clientHeight } = this.frame;
    const point = at ?? { x: clientWidth / 2, y: clientHeight / 2 };
    const scale = Math.min(LARGEST, Math.max(SMALLEST, this.place.scale * factor));
    const ratio = scale / this.place.scale;
    this.move({
      x: point.x - (point.x - this.place.x) * ratio,
      y: point.y - (point.y - this.place.y) * ratio,
      scale,
    });
  }

  private move(place: Place): void {
    this.place = place;
    this.content.setAttribute('transform', `translate(${place.x} ${place.y}) scale(${place.scale})`);
    // From afar small text is only noise.
    this.frame.classList.toggle('far', place.scale < 0.42);
  }

  private onWheel(event: WheelEvent): void {
    event.preventDefault();
    const frame = this.frame.getBoundingClientRect();
    const speed = event.deltaMode === 1 ? 0.05 : 0.0016;
    this.zoom(Math.exp(-event.deltaY * speed), {
      x: event.clientX - frame.left,
      y: event.clientY - frame.top,
    });
  }

  private onDown(down: PointerEvent): void {
    if (down.button !== 0) return;
    const start = this.place;
    this.dragged = false;
    const onMove = (move: PointerEvent): void => {
      const [dx, dy] = [move.clientX - down.clientX, move.clientY - down.clientY];
      if (!this.dragged && Math.hypot(dx, dy) < 4) return;
      this.dragged = true;
      this.frame.classList.add('dragging');
      this.move({ ...start, x: start.x + dx, y: start.y + dy });
    };
    const onUp = (): void => {
      window.removeEventListener('pointermove', onMove);
      this.frame.classList.remove('dragging');
    };
    window.addEventListener('pointermove', onMove);
    window.addEventListener('pointerup', onUp, { once: true });
  }
}
