// A line of the last numbers, small enough for a table.

import { svg } from './dom.js';
import { rate } from './format.js';

const WIDTH = 120;
const HEIGHT = 28;
const POINTS = 40;

export class Chart {
  #values = [];
  #line = svg('polyline', { class: 'line' });
  #area = svg('polygon', { class: 'area' });
  #total = null;
  #at = 0;

  constructor() {
    this.node = svg('svg', { class: 'chart', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', preserveAspectRatio: 'none', 'aria-label': 'No calls yet' }, this.#area, this.#line);
  }

  // Takes a number that only rises, and shows how fast.
  count(total, at = performance.now()) {
    if (this.#total !== null && at - this.#at > 250) {
      this.#values.push(Math.max(0, total - this.#total) / ((at - this.#at) / 1000));
      this.#values = this.#values.slice(-POINTS);
      this.#draw();
    }
    if (this.#total === null || at - this.#at > 250) {
      this.#total = total;
      this.#at = at;
    }
    return this.#values.at(-1) ?? 0;
  }

  #draw() {
    const most = Math.max(1, ...this.#values);
    const step = WIDTH / (POINTS - 1);
    const first = WIDTH - (this.#values.length - 1) * step;
    const points = this.#values.map((value, i) => `${(first + i * step).toFixed(1)},${(HEIGHT - 2 - (value / most) * (HEIGHT - 5)).toFixed(1)}`);
    this.#line.setAttribute('points', points.join(' '));
    this.#area.setAttribute('points', `${first.toFixed(1)},${HEIGHT} ${points.join(' ')} ${WIDTH},${HEIGHT}`);
    this.node.setAttribute('aria-label', `${rate(this.#values.at(-1))} calls a second, at most ${rate(Math.max(...this.#values))} lately`);
  }
}
