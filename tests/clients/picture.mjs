// A picture to upload, painted here so that none need be kept.

import { crc32, deflateSync } from "node:zlib";

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A sunrise as PNG. */
export function png(width = 900, height = 600) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8); // eight bits of red, green and blue
  const rows = Array.from({ length: height }, (_, y) => {
    const row = Buffer.alloc(1 + 3 * width);
    for (let x = 0; x < width; x++) {
      const sun = Math.hypot(x - width * 0.62, y - height * 0.7) < height / 6;
      const sky = y / height;
      row.set(sun ? [255, 226, 150] : [90 + 150 * sky, 110 + 40 * sky, 170 - 60 * sky], 1 + 3 * x);
    }
    return row;
  });
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = chunk("IDAT", deflateSync(Buffer.concat(rows)));
  return Buffer.concat([signature, chunk("IHDR", header), data, chunk("IEND", Buffer.alloc(0))]);
}

export const pngFile = () => new File([png()], "sunrise.png", { type: "image/png" });

/** What is served at an address. Its bytes are read too, since Node waits long for an answer that nobody reads. */
export async function served(address) {
  const response = await fetch(address);
  const { size } = await response.blob();
  return { status: response.status, type: response.headers.get("content-type"), size };
}
