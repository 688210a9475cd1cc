import {
  BoxGeometry, BufferAttribute, BufferGeometry, CanvasTexture, Color, EdgesGeometry, LineBasicMaterial, LineSegments,
  MOUSE, OrthographicCamera, PerspectiveCamera, Points, PointsMaterial, Scene, Vector3, WebGLRenderer,
} from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";

export interface ScreenBox {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Points in 2-D or 3-D, drawn by the GPU in one call. */
export class Scatter {
  private readonly renderer: WebGLRenderer;
  private readonly scene = new Scene();
  private readonly geometry = new BufferGeometry();
  private readonly camera: OrthographicCamera | PerspectiveCamera;
  private readonly controls: OrbitControls;
  private readonly resizing: ResizeObserver;
  private shown: Uint32Array;

  constructor(private readonly host: HTMLElement, columns: readonly Float32Array[]) {
    const is3d = columns.length === 3;
    this.renderer = new WebGLRenderer({ antialias: true, alpha: true });
    this.renderer.setPixelRatio(window.devicePixelRatio);
    host.append(this.renderer.domElement);
    this.camera = is3d ? new PerspectiveCamera(45, 1, 0.01, 20) : new OrthographicCamera(-1.1, 1.1, 1.1, -1.1, -10, 10);
    this.camera.position.copy(is3d ? new Vector3(1.7, 1.2, 3.5) : new Vector3(0, 0, 1));
    this.controls = new OrbitControls(this.camera, this.renderer.domElement);
    this.controls.enableRotate = is3d;
    if (!is3d) this.controls.mouseButtons.LEFT = MOUSE.PAN;
    this.controls.addEventListener("change", this.draw);
    this.geometry.setAttribute("position", new BufferAttribute(unitCube(columns), 3));
    this.shown = Uint32Array.from({ length: columns[0]?.length ?? 0 }, (_, row) => row);
    const size = is3d ? 0.07 : 8 * window.devicePixelRatio;
    const material = new PointsMaterial({ size, sizeAttenuation: is3d, vertexColors: true, map: disc(), alphaTest: 0.5 });
    const points = new Points(this.geometry, material);
    // Points without a place, of images that the reader may not see, have no bounds to cull by.
    points.frustumCulled = false;
    this.scene.add(points);
    if (is3d) this.scene.add(cage());
    this.resizing = new ResizeObserver(this.resize);
    this.resizing.observe(host);
  }

  /** Colours the points: N × 3 channels in [0, 1]. */
  paint(rgb: Float32Array): void {
    const linear = new Float32Array(rgb.length);
    const color = new Color();
    for (let start = 0; start < rgb.length; start += 3) {
      color.setRGB(rgb[start] ?? 0, rgb[start + 1] ?? 0, rgb[start + 2] ?? 0, "srgb").toArray(linear, start);
    }
    this.geometry.setAttribute("color", new BufferAttribute(linear, 3));
    this.draw();
  }

  /** Draws only these rows; only they can be selected. */
  show(rows: Uint32Array): void {
    this.shown = rows;
    this.geometry.setIndex(new BufferAttribute(rows, 1));
    this.draw();
  }

  /** Whether dragging moves the picture; off while a box is drawn. */
  setMovable(isMovable: boolean): void {
    this.controls.enabled = isMovable;
  }

  /** Rows of the points inside a box, in pixels of the host. */
  rowsIn(box: ScreenBox): number[] {
    const rows: number[] = [];
    this.eachOnScreen((row, x, y) => {
      if (x >= box.left && x <= box.right && y >= box.top && y <= box.bottom) rows.push(row);
    });
    return rows;
  }

  /** The row of the point nearest to a place in pixels of the host, at most `reach` pixels away. */
  nearest(place: { x: number; y: number }, reach: number): number | undefined {
    let [found, least]: [number | undefined, number] = [undefined, reach];
    this.eachOnScreen((row, x, y) => {
      const distance = Math.hypot(x - place.x, y - place.y);
      if (distance <= least) [found, least] = [row, distance];
    });
    return found;
  }

  dispose(): void {
    this.resizing.disconnect();
    this.controls.dispose();
    this.scene.traverse((each) => {
      if (each instanceof Points || each instanceof LineSegments) {
        const drawn = each as Points<BufferGeometry, PointsMaterial> | LineSegments<BufferGeometry, LineBasicMaterial>;
        drawn.geometry.dispose();
        if ("map" in drawn.material) drawn.material.map?.dispose();
        drawn.material.dispose();
      }
    });
    this.renderer.dispose();
    this.renderer.domElement.remove();
  }

  private eachOnScreen(visit: (row: number, x: number, y: number) => void): void {
    const { clientWidth: width, clientHeight: height } = this.host;
    const position = this.geometry.getAttribute("position");
    const point = new Vector3();
    for (const row of this.shown) {
      point.fromBufferAttribute(position, row).project(this.camera);
      visit(row, ((point.x + 1) / 2) * width, ((1 - point.y) / 2) * height);
    }
  }

  private readonly draw = (): void => {
    this.renderer.render(this.scene, this.camera);
  };

  private readonly resize = (): void => {
    const { clientWidth: width, clientHeight: height } = this.host;
    const aspect = width / Math.max(height, 1);
    this.renderer.setSize(width, height);
    if (this.camera instanceof PerspectiveCamera) {
      this.camera.aspect = aspect;
    } else {
      this.camera.left = -1.1 * aspect;
      this.camera.right = 1.1 * aspect;
    }
    this.camera.updateProjectionMatrix();
    this.draw();
  };
}

/** The columns as x, y, z triples, centred and scaled alike into [-1, 1]. */
export function unitCube(columns: readonly Float32Array[]): Float32Array {
  const count = columns[0]?.length ?? 0;
  const ranges = columns.map((column) => {
    let [low, high] = [Infinity, -Infinity];
    for (const value of column) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    return { middle: (low + high) / 2, half: (high - low) / 2 };
  });
  const half = Math.max(...ranges.map((range) => range.half)) || 1;
  const triples = new Float32Array(count * 3);
  columns.forEach((column, axis) => {
    const middle = ranges[axis]?.middle ?? 0;
    column.forEach((value, row) => { triples[row * 3 + axis] = (value - middle) / half; });
  });
  return triples;
}

/** The edges of the cube around the points: without them a turned cloud has no up and down. */
function cage(): LineSegments {
  const color = new Color("#8b949e");
  return new LineSegments(new EdgesGeometry(new BoxGeometry(2, 2, 2)), new LineBasicMaterial({ color, transparent: true, opacity: 0.35 }));
}

function disc(): CanvasTexture {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 64;
  const context = canvas.getContext("2d");
  if (context) {
    context.fillStyle = "#ffffff";
    context.arc(32, 32, 30, 0, 2 * Math.PI);
    context.fill();
  }
  return new CanvasTexture(canvas);
}
