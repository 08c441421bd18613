//! The one thing that is taken from a picture's EXIF block: how the camera was held.

/// How a picture must be turned and mirrored to be upright: EXIF's numbers from 1 to 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Orientation(u16);

const TAG: u16 = 0x0112;
const SHORT: u16 = 3;
const ENTRY: usize = 12;

impl Orientation {
    /// Nothing is to be done.
    pub const UPRIGHT: Self = Self(1);

    /// What an EXIF block says: the one from the TIFF header on. Whatever cannot be understood says
    /// nothing.
    pub fn read(exif: &[u8]) -> Self {
        // WebP's and PNG's blocks are written by some with JPEG's prefix.
        let tiff = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
        find(tiff).filter(|value| (1..=8).contains(value)).map_or(Self::UPRIGHT, Self)
    }

    /// Whether what was wide is high afterwards.
    pub fn swaps_sides(self) -> bool {
        self.0 >= 5
    }

    /// Which pixel of a picture of this width and height comes to this place.
    pub fn source(self, x: u32, y: u32, width: u32, height: u32) -> (u32, u32) {
        let (right, bottom) = (width - 1, height - 1);
        match self.0 {
            2 => (right - x, y),
            3 => (right - x, bottom - y),
            4 => (x, bottom - y),
            5 => (y, x),
            6 => (y, bottom - x),
            7 => (right - y, bottom - x),
            8 => (right - y, x),
            _ => (x, y),
        }
    }
}

fn find(tiff: &[u8]) -> Option<u16> {
    let little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let bytes = tiff.get(4..8)?.try_into().ok()?;
    let first = if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) };
    let directory = usize::try_from(first).ok()?;
    let entries = (0..usize::from(short(directory)?)).map(|n| directory + 2 + n * ENTRY);
    let entry = entries.take_while(|at| short(*at).is_some()).find(|at| short(*at) == Some(TAG))?;
    (short(entry + 2)? == SHORT).then(|| short(entry + 8))?
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, RgbaImage, metadata::Orientation as Known};

    use super::*;
    use crate::canvas::Canvas;

    fn block(little: bool, orientation: u16) -> Vec<u8> {
        let short = |n: u16| if little { n.to_le_bytes() } else { n.to_be_bytes() };
        let long = |n: u32| if little { n.to_le_bytes() } else { n.to_be_bytes() };
        let mut exif = if little { b"II*\0".to_vec() } else { b"MM\0*".to_vec() };
        exif.extend(long(8));
        exif.extend(short(2));
        for (tag, value) in [(0x0100, 7), (TAG, orientation)] {
            exif.extend([short(tag), short(SHORT)].concat());
            exif.extend(long(1));
            exif.extend([short(value), short(0)].concat());
        }
        exif.extend(long(0));
        exif
    }

    /// Another implementation is asked, both for the number and for what it does to a picture.
    #[test]
    fn every_orientation_is_read_and_applied_as_others_do_it() {
        let rgba: Vec<u8> = (0..6_u8).flat_map(|n| [n, n, n, 255]).collect();
        for little in [true, false] {
            for number in 1..=8 {
                let exif = block(little, number);
                let orientation = Orientation::read(&exif);
                assert_eq!(orientation, Orientation(number));
                let known = Known::from_exif_chunk(&exif).unwrap();
                let picture = RgbaImage::from_raw(3, 2, rgba.clone()).unwrap();
                let mut picture = DynamicImage::ImageRgba8(picture);
                picture.apply_orientation(known);
                let canvas = Canvas { width: 3, height: 2, rgba: rgba.clone() };
                let turned = canvas.upright(orientation);
                assert_eq!((turned.width, turned.height), (picture.width(), picture.height()));
                assert_eq!(turned.rgba, picture.into_rgba8().into_raw(), "{number}");
            }
        }
    }

    #[test]
    fn nonsense_says_nothing() {
        let whole = block(true, 6);
        for end in 0..whole.len() - 12 {
            assert_eq!(Orientation::read(&whole[..end]), Orientation::UPRIGHT, "{end}");
        }
        assert_eq!(Orientation::read(&block(true, 9)), Orientation::UPRIGHT);
        let far = [b"II*\0".as_slice(), &[0xff; 200]].concat();
        assert_eq!(Orientation::read(&far), Orientation::UPRIGHT);
    }
}
