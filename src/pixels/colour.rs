//! Colours as sRGB, which is what everybody takes a picture without a profile for. Pictures of
//! phones are often in a wider space; without this they would look pale.

use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use crate::canvas::Canvas;

/// Longer profiles are not looked at.
const PROFILE_MAX: usize = 4 << 20;
/// How many pixels are converted at once.
const PIECE: usize = 16 * 1024;

/// A profile that can be understood.
fn read(profile: &[u8]) -> Option<ColorProfile> {
    if profile.len() > PROFILE_MAX {
        return None;
    }
    ColorProfile::new_from_slice(profile).ok()
}

/// Converts from what the profile says; what it says badly is not done.
pub(super) fn to_srgb(canvas: &mut Canvas, profile: Option<&[u8]>) {
    let Some(profile) = profile.and_then(read) else { return };
    // Nothing where it fails: a wrong tint is better than no picture.
    let _converted = match profile.color_space {
        DataColorSpace::Rgb => rgb(canvas, &profile),
        DataColorSpace::Gray => gray(canvas, &profile),
        _ => None,
    };
}

fn rgb(canvas: &mut Canvas, profile: &ColorProfile) -> Option<()> {
    let options = TransformOptions::default();
    let srgb = ColorProfile::new_srgb();
    let transform =
        profile.create_transform_8bit(Layout::Rgba, &srgb, Layout::Rgba, options).ok()?;
    let mut piece = vec![0; PIECE * 4];
    for pixels in canvas.rgba.chunks_mut(PIECE * 4) {
        let converted = &mut piece[..pixels.len()];
        transform.transform(pixels, converted).ok()?;
        for (pixel, new) in pixels.chunks_exact_mut(4).zip(converted.chunks_exact(4)) {
            pixel[..3].copy_from_slice(&new[..3]);
        }
    }
    Some(())
}

/// There are only 256 of them. A picture in colour has no use for such a profile.
fn gray(canvas: &mut Canvas, profile: &ColorProfile) -> Option<()> {
    let is_gray = |pixel: &[u8]| pixel[0] == pixel[1] && pixel[1] == pixel[2];
    if !canvas.rgba.chunks_exact(4).all(is_gray) {
        return None;
    }
    let options = TransformOptions::default();
    let srgb = ColorProfile::new_srgb();
    let transform =
        profile.create_transform_8bit(Layout::Gray, &srgb, Layout::Rgb, options).ok()?;
    let all: Vec<u8> = (0..=u8::MAX).collect();
    let mut converted = vec![0; all.len() * 3];
    transform.transform(&all, &mut converted).ok()?;
    for pixel in canvas.rgba.chunks_exact_mut(4) {
        let start = usize::from(pixel[0]) * 3;
        pixel[..3].copy_from_slice(&converted[start..start + 3]);
    }
    Some(())
}

/// Printers' colours as red, green and blue: by the profile where there is one for them, otherwise
/// as if inks were perfect.
pub(super) fn cmyk_to_rgb(cmyk: &[u8], profile: Option<&[u8]>) -> Vec<u8> {
    let profile = profile.and_then(read).filter(|it| it.color_space == DataColorSpace::Cmyk);
    profile.and_then(|profile| cmyk_by_profile(cmyk, &profile)).unwrap_or_else(|| {
        let light =
            |ink: u8, black: u8| (u16::from(255 - ink) * u16::from(255 - black) / 255) as u8;
        cmyk.chunks_exact(4)
            .flat_map(|ink| [light(ink[0], ink[3]), light(ink[1], ink[3]), light(ink[2], ink[3])])
            .collect()
    })
}

fn cmyk_by_profile(cmyk: &[u8], profile: &ColorProfile) -> Option<Vec<u8>> {
    let options = TransformOptions::default();
    let srgb = ColorProfile::new_srgb();
    let transform =
        profile.create_transform_8bit(Layout::Rgba, &srgb, Layout::Rgb, options).ok()?;
    let mut rgb = vec![0; cmyk.len() / 4 * 3];
    transform.transform(cmyk, &mut rgb).ok()?;
    Some(rgb)
}
