//! Which of the forms that a file is kept in a client accepts. Pure; it only reads the header.

/// What a client said of content codings. Absent, it is taken to want the plain form.
pub(super) struct AcceptEncoding<'a>(pub(super) &'a str);

impl AcceptEncoding<'_> {
    /// Whether the coding may be sent: named, or covered by `*`, and not with a weight of zero.
    pub(super) fn accepts(&self, coding: &str) -> bool {
        self.weight(coding).or_else(|| self.weight("*")).is_some_and(|weight| weight > 0.0)
    }

    fn weight(&self, coding: &str) -> Option<f32> {
        self.0.split(',').find_map(|item| {
            let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
            if !name.trim().eq_ignore_ascii_case(coding) {
                return None;
            }
            let weight = parameters.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.parse().ok());
            Some(weight.unwrap_or(0.0))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::AcceptEncoding;

    #[test]
    fn a_named_coding_is_accepted_unless_its_weight_is_zero() {
        let header = AcceptEncoding("gzip;q=0.5, BR , deflate; q=0");
        assert!(header.accepts("gzip"));
        assert!(header.accepts("br"));
        assert!(!header.accepts("deflate"));
        assert!(!header.accepts("zstd"));
    }

    #[test]
    fn a_star_covers_what_is_not_named() {
        let header = AcceptEncoding("br;q=0, *");
        assert!(!header.accepts("br"));
        assert!(header.accepts("gzip"));
        assert!(!AcceptEncoding("*;q=0").accepts("gzip"));
    }

    #[test]
    fn what_cannot_be_read_is_not_accepted() {
        assert!(!AcceptEncoding("br;q=often").accepts("br"));
        assert!(!AcceptEncoding("").accepts("gzip"));
    }
}
