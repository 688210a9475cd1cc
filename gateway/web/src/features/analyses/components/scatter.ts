import {
  BoxGeometry, BufferAttribute, BufferGeometry, Color, EdgesGeometry, LineBasicMaterial, LineSegments, Matrix4,
  MOUSE, OrthographicCamera, PerspectiveCamera, Points, Scene, ShaderMaterial, Sphere, Vector3, WebGLRenderer,
} from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import { dotsOf, type Dots } from "@/features/analyses/components/dots";
import type { Tint } from "@/features/analyses/components/palette";
import { FRAGMENT, VERTEX } from "@/features/analyses/components/scatter-shaders";
import { nearestRow, placeOfRow, rowsInside, type Place, type View } from "@/features/analyses/components/region";

const REACH_PIXELS = 12;
const MARGIN = 1.06;
/** Half of what is seen at a distance of 1 in 3-D: an angle of 45°. */
const HALF_VIEW = Math.tan(Math.PI / 8);
/** From so many points on, discs have hard edges: smooth ones cost four times the samples. */
const SMOOTH_POINTS = 50_000;
/** From so many points on they are so small that a square is what a disc would be, and costs half. */
const ROUND_POINTS = 300_000;

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
  private readonly tints: BufferAttribute;
  private readonly marks: BufferAttribute;
  private readonly uniforms = { pixels: { value: 0 }, depthScale: { value: 0 }, isMarking: { value: 0 } };
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
    this.tints = new BufferAttribute(new Uint8Array(count * 4), 4, true);
    this.marks = new BufferAttribute(new Uint8Array(count), 1);
    this.geometry.setAttribute("position", new BufferAttribute(this.positions, 3));
    this.geometry.setAttribute("tint", this.tints);
    this.geometry.setAttribute("mark", this.marks);
    this.uniforms.depthScale.value = is3d ? 3 : 0;
    this.material = new ShaderMaterial({
      vertexShader: VERTEX,
      fragmentShader: FRAGMENT,
      alphaToCoverage: count <= SMOOTH_POINTS,
      uniforms: this.uniforms,
      defines: count > ROUND_POINTS ? { SQUARE: "" } : {},
    });
    // Known, so that nobody looks at all points for it.
    this.geometry.boundingSphere = new Sphere(new Vector3(), Math.sqrt(3));
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
    this.tints.array.set(tint.bytes);
    this.tints.needsUpdate = true;
    this.schedule();
  }

  /** Moves all points to other places; there are as many as before. */
  move(columns: readonly Float32Array[]): void {
    this.positions.set(unitCube(columns));
    this.geometry.getAttribute("position").needsUpdate = true;
    this.schedule();
  }

  /** Where a point is in pixels of the host; null where it is not to be seen. */
  placeOf(row: number): Place | null {
    return this.isShown[row] ? placeOfRow(this.positions, row, this.view()) : null;
  }

  /** Lets some points stand out, the others fade; null: all are alike. `mask` is N, 1 for those that stand out. */
  mark(mask: Uint8Array | null): void {
    const { isMarking } = this.uniforms;
    if (!mask && isMarking.value === 0) return;
    isMarking.value = mask ? 1 : 0;
    if (mask) {
      this.marks.array.set(mask);
      this.marks.needsUpdate = true;
    }
    this.scheduleLater();
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

  /** The picture as it is now, as points. */
  outlines(): { dots: Dots[]; width: number; height: number; diameter: number } {
    const view = this.view();
    const marks = this.uniforms.isMarking.value === 1 ? (this.marks.array as Uint8Array) : null;
    const tint = { bytes: this.tints.array as Uint8Array, isShown: this.isShown };
    const diameter = this.uniforms.pixels.value / window.devicePixelRatio;
    return { dots: dotsOf(this.positions, tint, marks, view), width: view.width, height: view.height, diameter };
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

  /** A frame after the next: what is said beside the map about the marked points is there before a million of them are drawn. */
  private scheduleLater(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(this.schedule);
  }

  private readonly draw = (): void => {
    // Nearer points are larger, but slower than the space between them grows.
    this.uniforms.pixels.value = Math.min(this.basePixels * Math.max(1, this.camera.zoom) ** 0.4, 28 * window.devicePixelRatio);
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
    for (let row = 0; row < count; row += 1) {
      const value = column[row] ?? NaN;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    return { middle: (low + high) / 2, half: (high - low) / 2 };
  });
  const half = Math.max(...ranges.map((range) => range.half)) || 1;
  const triples = new Float32Array(count * 3);
  columns.forEach((column, axis) => {
    const middle = ranges[axis]?.middle ?? 0;
    for (let row = 0; row < count; row += 1) triples[row * 3 + axis] = ((column[row] ?? NaN) - middle) / half;
  });
  return triples;
}

/** The edges of the cube around the points: without them a turned cloud has no up and down. */
function cage(): LineSegments {
  const color = new Color("#8b949e");
  return new LineSegments(new EdgesGeometry(new BoxGeometry(2, 2, 2)), new LineBasicMaterial({ color, transparent: true, opacity: 0.35 }));
}
