//! A stored picture as its row has it, and the names of its files.

use std::{fmt, str::FromStr};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use rookery_pixels::{Format, ImageSize};
use sha2::{Digest, Sha256};

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// How many letters of five bits each of the two parts of a name has.
const PART: usize = 26;
const NAME_LENGTH: usize = 2 * PART;

/// Whether it is in the alphabet, which is not looked through for it.
fn is_letter(byte: &u8) -> bool {
    byte.is_ascii_digit() || byte.is_ascii_lowercase() && !b"ilou".contains(byte)
}

/// The name of a picture: 130 random bits, so that nobody guesses the name of one that is private,
/// and 130 bits of a SHA-256 of its files, so that under a name that caches keep for a year nothing
/// else can ever lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImageName([u8; NAME_LENGTH]);

impl ImageName {
    /// A name that nobody has, for files with this digest.
    #[must_use]
    pub fn of(content: &ContentDigest) -> Self {
        let secret: [u8; PART] = rand::random();
        let mut letters = [0; NAME_LENGTH];
        for (letter, byte) in letters.iter_mut().zip(secret.iter().chain(&content.0)) {
            *letter = ALPHABET[usize::from(byte & 31)];
        }
        Self(letters)
    }
}

/// The SHA-256 of all files of a picture, from the largest on, each after its length in eight bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentDigest([u8; 32]);

impl ContentDigest {
    /// That of these files.
    pub fn new<'f>(files: impl Iterator<Item = &'f [u8]>) -> Self {
        let mut hash = Sha256::new();
        for file in files {
            hash.update((file.len() as u64).to_be_bytes());
            hash.update(file);
        }
        Self(hash.finalize().into())
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whole, since a page of posts writes many: letter by letter it took a twentieth of the page.
        f.write_str(str::from_utf8(&self.0).map_err(|_no_letters| fmt::Error)?)
    }
}

impl FromStr for ImageName {
    type Err = NotAnImage;

    fn from_str(text: &str) -> Result<Self, NotAnImage> {
        let letters: [u8; NAME_LENGTH] = text.as_bytes().try_into().map_err(|_long| NotAnImage)?;
        if letters.iter().all(is_letter) { Ok(Self(letters)) } else { Err(NotAnImage) }
    }
}

/// A text that names no picture or no file of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no picture's name")]
pub struct NotAnImage;

/// One file of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageFile {
    /// Whose file it is.
    pub name: ImageName,
    /// Which of its sizes.
    pub size: ImageSize,
    /// How it is encoded.
    pub format: Format,
}

/// As it stands in addresses: `name_1600.jpg`.
impl fmt::Display for ImageFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}.{}", self.name, self.size.longest(), self.format.extension())
    }
}

impl FromStr for ImageFile {
    type Err = NotAnImage;

    fn from_str(text: &str) -> Result<Self, NotAnImage> {
        let (name, rest) = text.split_once('_').ok_or(NotAnImage)?;
        let (longest, extension) = rest.split_once('.').ok_or(NotAnImage)?;
        let named = |size: &ImageSize| size.longest().to_string() == longest;
        Ok(Self {
            name: name.parse()?,
            size: ImageSize::ALL.into_iter().find(named).ok_or(NotAnImage)?,
            format: Format::of(extension).ok_or(NotAnImage)?,
        })
    }
}

/// A picture that is in the store, as the row that shows it describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredImage {
    /// Under which its files are.
    pub name: ImageName,
    /// Of its largest file, in pixels.
    pub width: u32,
    /// Of its largest file, in pixels.
    pub height: u32,
    /// How its files are encoded.
    pub format: Format,
    /// Its ThumbHash.
    pub placeholder: Vec<u8>,
}

impl StoredImage {
    /// The file to show where this size is asked for: a picture that is smaller than that is not
    /// there again under the name of a smaller size.
    #[must_use]
    pub fn file(&self, size: ImageSize) -> ImageFile {
        let longest = self.width.max(self.height);
        let size = match size {
            ImageSize::Small if longest > ImageSize::Small.longest() => ImageSize::Small,
            ImageSize::Small | ImageSize::Medium if longest > ImageSize::Medium.longest() => {
                ImageSize::Medium
            }
            _ => ImageSize::Large,
        };
        ImageFile { name: self.name, size, format: self.format }
    }

    /// The placeholder as clients read it.
    #[must_use]
    pub fn placeholder_text(&self) -> String {
        base64::prelude::BASE64_STANDARD.encode(&self.placeholder)
    }
}

/// As it stands in its row.
impl fmt::Display for StoredImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, width, height, format, placeholder } = self;
        let placeholder = BASE64.encode(placeholder);
        write!(f, "{name} {width} {height} {} {placeholder}", format.extension())
    }
}

impl FromStr for StoredImage {
    type Err = NotAnImage;

    fn from_str(text: &str) -> Result<Self, NotAnImage> {
        let mut words = text.split(' ');
        let mut word = || words.next().ok_or(NotAnImage);
        Ok(Self {
            name: word()?.parse()?,
            width: word()?.parse().map_err(|_no_number| NotAnImage)?,
            height: word()?.parse().map_err(|_no_number| NotAnImage)?,
            format: Format::of(word()?).ok_or(NotAnImage)?,
            placeholder: BASE64.decode(word()?).map_err(|_garbled| NotAnImage)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some_name() -> ImageName {
        ImageName::of(&ContentDigest::new([b"a picture".as_slice()].into_iter()))
    }

    #[test]
    fn half_of_a_name_is_random_and_half_is_what_lies_under_it() {
        let digest = |files: &[&[u8]]| ContentDigest::new(files.iter().copied());
        let halves = |files: &[&[u8]]| {
            let name = ImageName::of(&digest(files)).to_string();
            (name[..PART].to_owned(), name[PART..].to_owned())
        };
        let (one, other) = (halves(&[b"ab", b"c"]), halves(&[b"ab", b"c"]));
        assert_ne!(one.0, other.0);
        assert_eq!(one.1, other.1);
        for else_than_that in [[b"ab".as_slice(), b"d"], [b"a", b"bc"], [b"c", b"ab"]] {
            assert_ne!(halves(&else_than_that).1, one.1);
        }
    }

    #[test]
    fn letters_are_those_of_the_alphabet() {
        for byte in 0..=u8::MAX {
            assert_eq!(is_letter(&byte), ALPHABET.contains(&byte), "{}", char::from(byte));
        }
    }

    fn image(width: u32, height: u32) -> StoredImage {
        let (name, placeholder) = (some_name(), vec![1, 250, 3]);
        StoredImage { name, width, height, format: Format::Webp, placeholder }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let image = image(1600, 900);
        assert_eq!(image.to_string().parse(), Ok(image.clone()));
        for size in ImageSize::ALL {
            let file = image.file(size);
            assert_eq!(file.to_string().parse(), Ok(file));
        }
    }

    #[test]
    fn a_small_picture_has_fewer_files() {
        let sizes = |width, height| ImageSize::ALL.map(|size| image(width, height).file(size).size);
        use ImageSize::{Large, Medium, Small};
        assert_eq!(sizes(641, 100), [Large, Medium, Small]);
        assert_eq!(sizes(100, 640), [Large, Large, Small]);
        assert_eq!(sizes(160, 160), [Large, Large, Large]);
    }

    #[test]
    fn nothing_else_names_a_file() {
        let name = some_name();
        for wrong in [
            format!("{name}_1600.png"),
            format!("{name}_800.jpg"),
            format!("{name}_1600.jpg/"),
            format!("{name}_1600.jpg#1"),
            format!("../{name}_1600.jpg"),
            format!("{}_1600.jpg", name.to_string().to_uppercase()),
            format!("{name}"),
            "_1600.jpg".to_owned(),
            String::new(),
        ] {
            assert_eq!(wrong.parse::<ImageFile>(), Err(NotAnImage), "{wrong}");
        }
    }
}
