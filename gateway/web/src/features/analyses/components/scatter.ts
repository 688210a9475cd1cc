import {
  BoxGeometry, BufferAttribute, BufferGeometry, Color, EdgesGeometry, LineBasicMaterial, LineSegments, Matrix4,
  MOUSE, OrthographicCamera, PerspectiveCamera, Points, Scene, ShaderMaterial, Vector3, WebGLRenderer,
} from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import type { Tint } from "@/features/analyses/components/palette";
import { nearestRow, rowsInside, type Place, type View } from "@/features/analyses/components/region";

const REACH_PIXELS = 12;
const MARGIN = 1.06;
/** Half of what is seen at a distance of 1 in 3-D: an angle of 45°. */
const HALF_VIEW = Math.tan(Math.PI / 8);
/** From so many points on, discs have hard edges: smooth ones cost four times the samples. */
const SMOOTH_POINTS = 200_000;

const VERTEX = `
attribute vec4 tint;
uniform float pixels;
uniform float depthScale;
varying vec3 color;
void main() {
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
  // Of images that the reader may not see there is no place, and of hidden classes nothing is drawn.
  if (tint.a < 0.01 || position.x != position.x) {
    gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    return;
  }
  float isMarked = step(0.9, tint.a);
  float isFaded = 1.0 - step(0.5, tint.a);
  color = mix(tint.rgb, vec3(0.55, 0.58, 0.62), isFaded * 0.72);
  float size = pixels * (1.0 + isMarked * 0.5 - isFaded * 0.25);
  // On a flat map the marked points lie on top, the faded ones below; in space the distance decides.
  if (depthScale > 0.0) size *= depthScale / gl_Position.w;
  else gl_Position.z = isFaded * 0.5 - isMarked * 0.5;
  gl_PointSize = max(size, 1.0);
}`;

const FRAGMENT = `
varying vec3 color;
void main() {
  float radius = length(gl_PointCoord - 0.5) * 2.0;
  float edge = fwidth(radius);
  float inside = 1.0 - smoothstep(1.0 - edge, 1.0, radius);
  if (inside < 0.5) discard;
  gl_FragColor = vec4(color * mix(0.8, 1.0, 1.0 - smoothstep(0.6, 0.9, radius)), inside);
}`;

/** Points in 2-D or 3-D, drawn by the GPU in one call. */
export class Scatter {
  private readonly renderer: WebGLRenderer;
  private readonly scene = new Scene();
  private readonly geometry = new BufferGeometry();
  private readonly material: ShaderMaterial;
  private readonly camera: OrthographicCamera | PerspectiveCamera;
  private readonly controls: OrbitControls;
  private readonly resizing: ResizeObserver;
  private readonly positions: Float32Array;
  private readonly basePixels: number;
  private isShown: Uint8Array;
  private frame = 0;
  private isPainted = false;

  constructor(private readonly host: HTMLElement, columns: readonly Float32Array[]) {
    const is3d = columns.length === 3;
    const count = columns[0]?.length ?? 0;
    this.renderer = new WebGLRenderer({ antialias: count <= SMOOTH_POINTS, alpha: true });
    this.renderer.setPixelRatio(window.devicePixelRatio);
    host.append(this.renderer.domElement);
    this.camera = is3d ? new PerspectiveCamera(45, 1, 0.01, 40) : new OrthographicCamera(-MARGIN, MARGIN, MARGIN, -MARGIN, -10, 10);
    this.controls = new OrbitControls(this.camera, this.renderer.domElement);
    this.controls.enableRotate = is3d;
    this.controls.zoomToCursor = true;
    this.controls.minZoom = 0.5;
    this.controls.maxZoom = 2_000;
    if (!is3d) this.controls.mouseButtons.LEFT = MOUSE.PAN;
    this.controls.addEventListener("change", this.schedule);
    this.positions = unitCube(columns);
    this.isShown = new Uint8Array(count).fill(1);
    this.basePixels = pixelsFor(count) * (is3d ? 1.4 : 1) * window.devicePixelRatio;
    this.geometry.setAttribute("position", new BufferAttribute(this.positions, 3));
    this.material = new ShaderMaterial({
      vertexShader: VERTEX,
      fragmentShader: FRAGMENT,
      alphaToCoverage: count <= SMOOTH_POINTS,
      uniforms: { pixels: { value: this.basePixels }, depthScale: { value: is3d ? 3 : 0 } },
    });
    const points = new Points(this.geometry, this.material);
    // Points without a place have no bounds to cull by.
    points.frustumCulled = false;
    this.scene.add(points);
    if (is3d) this.scene.add(cage());
    this.reset();
    this.resizing = new ResizeObserver(this.resize);
    this.resizing.observe(host);
  }

  /** Colours the points; only those that are shown can be selected. */
  paint(tint: Tint): void {
    this.isShown = tint.isShown;
    this.isPainted = true;
    this.geometry.setAttribute("tint", new BufferAttribute(tint.bytes, 4, true));
    this.schedule();
  }

  /** Whether dragging moves the picture; off while an outline is drawn. */
  setMovable(isMovable: boolean): void {
    this.controls.enabled = isMovable;
  }

  /** Rows of the points inside an outline in pixels of the host. */
  rowsIn(outline: readonly Place[]): Uint32Array {
    return rowsInside(this.positions, this.isShown, this.view(), outline);
  }

  /** The row of the point at a place in pixels of the host; -1 for none. */
  rowAt(place: Place): number {
    return nearestRow(this.positions, this.isShown, this.view(), place, REACH_PIXELS);
  }

  /** Nearer by a factor above 1, farther by one below. */
  zoom(factor: number): void {
    if (this.camera instanceof OrthographicCamera) {
      this.camera.zoom = Math.min(Math.max(this.camera.zoom * factor, this.controls.minZoom), this.controls.maxZoom);
      this.camera.updateProjectionMatrix();
    } else {
      this.camera.position.sub(this.controls.target).divideScalar(factor).add(this.controls.target);
    }
    this.controls.update();
    this.schedule();
  }

  /** Moves what is seen: shares of the picture, right and up. */
  pan(right: number, up: number): void {
    const reach = (2 * MARGIN) / this.camera.zoom;
    const step = new Vector3(right * reach, up * reach, 0).applyQuaternion(this.camera.quaternion);
    this.camera.position.add(step);
    this.controls.target.add(step);
    this.controls.update();
    this.schedule();
  }

  /** Everything in view, as at first. */
  reset(): void {
    this.camera.zoom = 1;
    this.controls.target.set(0, 0, 0);
    this.camera.position.copy(this.camera instanceof PerspectiveCamera ? new Vector3(2.1, 1.5, 4.3) : new Vector3(0, 0, 1));
    this.camera.updateProjectionMatrix();
    this.controls.update();
    this.schedule();
  }

  /** The picture as it is now. */
  snapshot(): HTMLCanvasElement {
    this.draw();
    return this.renderer.domElement;
  }

  dispose(): void {
    cancelAnimationFrame(this.frame);
    this.resizing.disconnect();
    this.controls.dispose();
    this.geometry.dispose();
    this.material.dispose();
    this.scene.traverse((each) => {
      if (!(each instanceof LineSegments)) return;
      const lines = each as LineSegments<BufferGeometry, LineBasicMaterial>;
      lines.geometry.dispose();
      lines.material.dispose();
    });
    this.renderer.dispose();
    // A browser keeps few contexts; this one is given back now, not when somebody collects it.
    this.renderer.forceContextLoss();
    this.renderer.domElement.remove();
  }

  private view(): View {
    this.camera.updateMatrixWorld();
    const matrix = new Matrix4().multiplyMatrices(this.camera.projectionMatrix, this.camera.matrixWorldInverse);
    return { matrix: matrix.elements, width: this.host.clientWidth, height: this.host.clientHeight };
  }

  private readonly schedule = (): void => {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(this.draw);
  };

  private readonly draw = (): void => {
    const pixels = this.material.uniforms["pixels"];
    // Nearer points are larger, but slower than the space between them grows.
    if (pixels) pixels.value = Math.min(this.basePixels * Math.max(1, this.camera.zoom) ** 0.4, 28 * window.devicePixelRatio);
    this.renderer.render(this.scene, this.camera);
    // Measurements wait for it.
    if (this.isPainted) performance.mark("loupe:map-drawn");
    this.isPainted = false;
  };

  private readonly resize = (): void => {
    const { clientWidth: width, clientHeight: height } = this.host;
    const aspect = width / Math.max(height, 1);
    this.renderer.setSize(width, height);
    if (this.camera instanceof PerspectiveCamera) {
      this.camera.aspect = aspect;
      // The angle is that of the height; where the picture is narrow it grows, so that the cube stays inside.
      this.camera.fov = (360 / Math.PI) * Math.atan(HALF_VIEW / Math.min(aspect, 1));
    } else {
      const [right, top] = aspect > 1 ? [MARGIN * aspect, MARGIN] : [MARGIN, MARGIN / aspect];
      Object.assign(this.camera, { left: -right, right, top, bottom: -top });
    }
    this.camera.updateProjectionMatrix();
    this.draw();
  };
}

/** Diameter of a point in pixels: a hundred are large, a million small. */
function pixelsFor(count: number): number {
  return Math.max(1.8, 14 - 2.2 * Math.log10(Math.max(count, 1)));
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
