//! Pixels as they come out of a file, made smaller on the way, so that a large picture never lies in
//! memory as a whole where its format lets it be read row by row.

use crate::{exif::Orientation, rendition::ImageSize};

/// Pixels in rows from the top, four bytes each: red, green, blue, opacity.
pub struct Canvas {
    pub width: u32,
    pub height: u32,
    pub rgba: Vec<u8>,
}

impl Canvas {
    /// Whether anything shines through.
    pub fn is_opaque(&self) -> bool {
        self.rgba.chunks_exact(4).all(|pixel| pixel[3] == u8::MAX)
    }

    /// Turned and mirrored as its camera was held.
    pub fn upright(self, orientation: Orientation) -> Self {
        if orientation == Orientation::UPRIGHT {
            return self;
        }
        let Self { width, height, rgba } = self;
        let (new_width, new_height) =
            if orientation.swaps_sides() { (height, width) } else { (width, height) };
        let mut turned = Vec::with_capacity(rgba.len());
        for y in 0..new_height {
            for x in 0..new_width {
                let (from_x, from_y) = orientation.source(x, y, width, height);
                let start = (from_y as usize * width as usize + from_x as usize) * 4;
                turned.extend_from_slice(&rgba[start..start + 4]);
            }
        }
        Self { width: new_width, height: new_height, rgba: turned }
    }
}

/// How many pixels of a picture become one, along each side: the picture stays as large as the
/// largest size, and is less than twice as large.
pub(super) fn reduction(width: u32, height: u32) -> u32 {
    (width.max(height) / ImageSize::Large.longest()).max(1)
}

/// Takes the rows of a picture and gives a smaller one, each of whose pixels is the mean of a square.
pub struct Reducer {
    canvas: Canvas,
    factor: u32,
    /// Of each square of the row under way: red, green and blue by opacity, opacity, pixels.
    sums: Vec<[u32; 5]>,
    rows_in: u32,
}

impl Reducer {
    pub fn new(width: u32, height: u32) -> Self {
        let factor = reduction(width, height);
        let (columns, rows) = (width.div_ceil(factor), height.div_ceil(factor));
        let rgba = Vec::with_capacity(columns as usize * rows as usize * 4);
        let sums = if factor == 1 { Vec::new() } else { vec![[0; 5]; columns as usize] };
        Self { canvas: Canvas { width: columns, height: rows, rgba }, factor, sums, rows_in: 0 }
    }

    /// How many bytes the result takes.
    pub fn bytes(width: u32, height: u32) -> u64 {
        let factor = reduction(width, height);
        u64::from(width.div_ceil(factor)) * u64::from(height.div_ceil(factor)) * 4
    }

    /// The next row.
    pub fn row(&mut self, pixels: impl Iterator<Item = [u8; 4]>) {
        if self.factor == 1 {
            return self.canvas.rgba.extend(pixels.flatten());
        }
        let factor = self.factor as usize;
        for (x, [r, g, b, a]) in pixels.enumerate() {
            let opacity = u32::from(a);
            let Some(sum) = self.sums.get_mut(x / factor) else { break };
            for (sum, part) in sum.iter_mut().zip([r, g, b]) {
                *sum += u32::from(part) * opacity;
            }
            sum[3] += opacity;
            sum[4] += 1;
        }
        self.rows_in += 1;
        if self.rows_in == self.factor {
            self.end_row();
        }
    }

    fn end_row(&mut self) {
        for sum in &mut self.sums {
            let [r, g, b, opacity, pixels] = *sum;
            let mean = |total: u32, of: u32| ((total + of / 2) / of.max(1)).min(255) as u8;
            let colour = [mean(r, opacity), mean(g, opacity), mean(b, opacity)];
            self.canvas.rgba.extend(colour);
            self.canvas.rgba.push(mean(opacity, pixels));
            *sum = [0; 5];
        }
        self.rows_in = 0;
    }

    /// The smaller picture; `None` where rows are missing.
    pub fn finish(mut self) -> Option<Canvas> {
        if self.rows_in > 0 {
            self.end_row();
        }
        let Canvas { width, height, rgba } = &self.canvas;
        (rgba.len() == *width as usize * *height as usize * 4).then_some(self.canvas)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_become_their_mean_and_what_cannot_be_seen_does_not_count() {
        let mut reducer = Reducer::new(3200, 3);
        assert_eq!(reducer.factor, 2);
        let row = |a: [u8; 4], b: [u8; 4]| (0..3200).map(move |x| if x % 2 == 0 { a } else { b });
        reducer.row(row([100, 0, 0, 255], [200, 0, 0, 255]));
        reducer.row(row([0, 0, 0, 0], [90, 90, 90, 0]));
        reducer.row(row([7, 8, 9, 255], [7, 8, 9, 255]));
        let canvas = reducer.finish().unwrap();
        assert_eq!((canvas.width, canvas.height), (1600, 2));
        assert_eq!(canvas.rgba[..4], [150, 0, 0, 128]);
        assert_eq!(canvas.rgba[1600 * 4..][..4], [7, 8, 9, 255]);
        assert!(!canvas.is_opaque());
    }

    #[test]
    fn missing_rows_are_noticed() {
        let mut reducer = Reducer::new(2, 2);
        reducer.row([[1, 2, 3, 255]; 2].into_iter());
        assert!(reducer.finish().is_none());
    }
}
