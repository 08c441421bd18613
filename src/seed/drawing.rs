//! Drawing: landscapes of hills below a sky, and monograms.

use std::f64::consts::TAU;

use super::{random::Random, words::letters::GLYPHS};

type Colour = [f64; 3];

/// Width, height, and rows of red, green, blue and opacity.
type Drawn = (u32, u32, Vec<u8>);

const WIDE: u32 = 640;
const HIGH: [u32; 4] = [360, 420, 480, 640];
const SIDE: u32 = 240;

/// Hues that go well together are a few steps apart.
fn colour(hue: f64, brightness: f64) -> Colour {
    [0.0, 1.0 / 3.0, 2.0 / 3.0].map(|shift| {
        let wave = 0.5 + 0.5 * (TAU * (hue + shift)).cos();
        255.0 * brightness * (0.35 + 0.65 * wave)
    })
}

fn between(one: Colour, other: Colour, share: f64) -> Colour {
    let share = share.clamp(0.0, 1.0);
    [0, 1, 2].map(|part| one[part] + (other[part] - one[part]) * share)
}

fn pixel(colour: Colour) -> [u8; 4] {
    let [r, g, b] = colour.map(|part| part.clamp(0.0, 255.0) as u8);
    [r, g, b, u8::MAX]
}

/// Rows that each have one colour, which is where every drawing begins.
struct Sheet {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Sheet {
    fn new(width: u32, height: u32, row: impl Fn(f64) -> Colour) -> Self {
        let mut pixels = Vec::with_capacity(width as usize * height as usize * 4);
        for y in 0..height {
            let pixel = pixel(row(f64::from(y) / f64::from(height)));
            pixels.extend_from_slice(&pixel.repeat(width as usize));
        }
        Self { width, height, pixels }
    }

    /// Colours some pixels of a row; whatever lies outside is nothing.
    fn dash(&mut self, y: i64, from: i64, to: i64, pixel: [u8; 4]) {
        let within = |x: i64| x.clamp(0, i64::from(self.width)) as usize;
        let (from, to) = (within(from), within(to));
        if (0..i64::from(self.height)).contains(&y) && from < to {
            let row = y as usize * self.width as usize;
            let piece = &mut self.pixels[(row + from) * 4..(row + to) * 4];
            piece.copy_from_slice(&pixel.repeat(to - from));
        }
    }

    fn finish(self) -> Drawn {
        (self.width, self.height, self.pixels)
    }
}

/// A line of hills: where it is at each column, and its colour.
struct Hills {
    height: Vec<f64>,
    colour: Colour,
}

impl Hills {
    fn new(depth: usize, hue: f64, high: u32, random: &mut Random) -> Self {
        let base = f64::from(high) * (0.45 + 0.15 * depth as f64);
        let waves: Vec<(f64, f64, f64)> = (1..4)
            .map(|n| {
                let length = f64::from(n) * (0.6 + random.unit());
                (length * TAU / f64::from(WIDE), random.unit() * TAU, 34.0 / f64::from(n))
            })
            .collect();
        let at = |x: u32| {
            let sway =
                waves.iter().map(|(pace, start, size)| (f64::from(x) * pace + start).sin() * size);
            base + sway.sum::<f64>()
        };
        let brightness = 0.75 - 0.17 * depth as f64;
        Self {
            height: (0..WIDE).map(at).collect(),
            colour: colour(hue + 0.05 * depth as f64, brightness),
        }
    }
}

/// Hills below a sky with a sun or a moon.
pub(super) fn landscape(random: &mut Random) -> Drawn {
    let high = random.pick(&HIGH);
    let hue = random.unit();
    let (top, bottom) = (colour(hue, 0.85), colour(hue + 0.12, 1.15));
    let mut sheet = Sheet::new(WIDE, high, |down| between(top, bottom, down * 1.6));
    let sun = pixel(colour(hue + 0.5, 1.25));
    let radius = 26.0 + 40.0 * random.unit();
    let (sun_x, sun_y) =
        (f64::from(WIDE) * random.unit(), f64::from(high) * (0.12 + 0.3 * random.unit()));
    for y in (sun_y - radius) as i64..=(sun_y + radius) as i64 {
        let half = (radius.powi(2) - (y as f64 - sun_y).powi(2)).max(0.0).sqrt();
        sheet.dash(y, (sun_x - half) as i64, (sun_x + half) as i64, sun);
    }
    for depth in 0..3 {
        let hills = Hills::new(depth, hue + 0.3, high, random);
        let ink = pixel(hills.colour);
        let highest = hills.height.iter().copied().fold(f64::MAX, f64::min);
        let lowest = hills.height.iter().copied().fold(f64::MIN, f64::max);
        for y in (highest.max(0.0) as i64)..i64::from(high) {
            if y as f64 >= lowest {
                sheet.dash(y, 0, i64::from(WIDE), ink);
                continue;
            }
            let mut from = None;
            for (x, height) in (0_i64..).zip(hills.height.iter().chain([&f64::MAX])) {
                match (y as f64 >= *height, from) {
                    (true, None) => from = Some(x),
                    (false, Some(start)) => {
                        sheet.dash(y, start, x, ink);
                        from = None;
                    }
                    _ => {}
                }
            }
        }
    }
    sheet.finish()
}

/// Two letters on a ground that gets darker.
pub(super) fn monogram(initials: [char; 2], random: &mut Random) -> Drawn {
    const DOT: i64 = 15;
    const LETTER: i64 = 5 * DOT;
    const GAP: i64 = 2 * DOT;
    let hue = random.unit();
    let (light, dark) = (colour(hue, 1.0), colour(hue + 0.1, 0.55));
    let mut sheet = Sheet::new(SIDE, SIDE, |down| between(light, dark, down));
    let (left, top) = ((i64::from(SIDE) - 2 * LETTER - GAP) / 2, (i64::from(SIDE) - 7 * DOT) / 2);
    for (place, initial) in (0_i64..).zip(initials) {
        let glyph = (initial as usize).checked_sub('A' as usize).and_then(|n| GLYPHS.get(n));
        for (row, dots) in (0_i64..).zip(glyph.into_iter().flatten()) {
            for column in (0..5).filter(|column| dots >> (4 - column) & 1 == 1) {
                let x = left + place * (LETTER + GAP) + column * DOT;
                for y in 0..DOT {
                    sheet.dash(top + row * DOT + y, x, x + DOT, [250, 250, 250, 255]);
                }
            }
        }
    }
    sheet.finish()
}
