// Numbers and times for people.

const NUMBER = new Intl.NumberFormat('en');
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });

export const number = value => NUMBER.format(value);

export function since(moment, now = Date.now()) {
  return span((now - Date.parse(moment)) / 1000);
}

export function span(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const days = Math.floor(whole / 86400);
  const hours = Math.floor(whole / 3600) % 24;
  const minutes = Math.floor(whole / 60) % 60;
  return days > 0 ? `${days} d ${hours} h` : hours > 0 ? `${hours} h ${minutes} min` : minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}

export function milliseconds(value) {
  if (value === null || value === undefined) {
    return '–';
  }
  return value < 10 ? `${value.toFixed(1)} ms` : value < 1000 ? `${Math.round(value)} ms` : value < 60000 ? `${(value / 1000).toFixed(1)} s` : span(value / 1000);
}

export function bytes(value) {
  if (value < 1024) {
    return `${value} B`;
  }
  const power = Math.min(4, Math.floor(Math.log2(value) / 10));
  const scaled = value / 1024 ** power;
  return `${scaled < 10 ? scaled.toFixed(1) : Math.round(scaled)} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][power]}`;
}

export const clock = moment => CLOCK.format(new Date(moment));

export const rate = value => value === 0 ? '0' : value < 10 ? value.toFixed(1) : NUMBER.format(Math.round(value));
