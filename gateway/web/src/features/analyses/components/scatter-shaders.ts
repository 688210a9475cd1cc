/** Where a point is drawn, how large, in which colour. */
export const VERTEX = `
attribute vec4 tint;
attribute float mark;
uniform float pixels;
uniform float depthScale;
uniform float isMarking;
varying vec3 color;
void main() {
  gl_Position = projectionMatrix * (modelViewMatrix * vec4(position, 1.0));
  // Of images that the reader may not see there is no place, and of hidden classes nothing is drawn.
  if (tint.a < 0.01 || position.x != position.x) {
    gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    return;
  }
  float isMarked = isMarking * step(0.5, mark);
  float isFaded = isMarking - isMarked;
  color = mix(tint.rgb, vec3(0.55, 0.58, 0.62), isFaded * 0.72);
  float size = pixels * (1.0 + isMarked * 0.5 - isFaded * 0.25);
  // On a flat map the marked points lie on top, the faded ones below; in space the distance decides.
  if (depthScale > 0.0) size *= depthScale / gl_Position.w;
  else gl_Position.z = isFaded * 0.5 - isMarked * 0.5;
  gl_PointSize = max(size, 1.0);
}`;

/** A disc with a darker edge; with SQUARE, where points are so small that nobody sees one, a square. */
export const FRAGMENT = `
varying vec3 color;
void main() {
#ifdef SQUARE
  gl_FragColor = vec4(color, 1.0);
#else
  float radius = length(gl_PointCoord - 0.5) * 2.0;
  float edge = fwidth(radius);
  float inside = 1.0 - smoothstep(1.0 - edge, 1.0, radius);
  if (inside < 0.5) discard;
  gl_FragColor = vec4(color * mix(0.8, 1.0, 1.0 - smoothstep(0.6, 0.9, radius)), inside);
#endif
}`;
