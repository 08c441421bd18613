//! The figures as a picture: a pair of bars for each operation, the server's and PostgreSQL's own.

use std::fmt::Write as _;

use crate::report::Measurement;

const WIDTH: f64 = 720.0;
const LEFT: f64 = 150.0;
/// Room for the number after the longest bar.
const RIGHT: f64 = 150.0;
const ROW: f64 = 54.0;
const TOP: f64 = 40.0;
const BAR: f64 = 18.0;

/// In the middle of light and dark, so that it reads on both.
const TEXT: &str = "#808080";
const SERVER: &str = "#3b82f6";
const LIMIT: &str = "#9ca3af";

/// The picture.
pub fn svg(measurements: &[Measurement]) -> String {
    let most = measurements
        .iter()
        .flat_map(|m| [Some(m.figures.per_second), m.figures.limit_per_second])
        .flatten()
        .fold(1.0, f64::max);
    let height = TOP + ROW * measurements.len() as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" font-size=\"13\" fill=\"{TEXT}\">\n\
         <title>Requests a second, and the same SQL by pgbench</title>\n"
    );
    legend(&mut svg, LEFT, SERVER, "requests a second");
    legend(&mut svg, LEFT + 190.0, LIMIT, "the same SQL by pgbench");
    for (row, measurement) in measurements.iter().enumerate() {
        let top = TOP + ROW * row as f64;
        let baseline = top + BAR + 4.0;
        // Writing to a string does not fail.
        let _written = writeln!(
            svg,
            "<text x=\"{}\" y=\"{baseline}\" text-anchor=\"end\">{}</text>",
            LEFT - 10.0,
            measurement.operation
        );
        let figures = &measurement.figures;
        let scale = (WIDTH - LEFT - RIGHT) / most;
        let note = format!("p99 {:.1} ms", figures.p99_ms);
        bar(&mut svg, top, figures.per_second, scale, SERVER, &note);
        if let Some(limit) = figures.limit_per_second {
            bar(&mut svg, top + BAR + 2.0, limit, scale, LIMIT, "");
        }
    }
    svg + "</svg>\n"
}

fn legend(svg: &mut String, x: f64, colour: &str, text: &str) {
    let _written = writeln!(
        svg,
        "<rect x=\"{x}\" y=\"10\" width=\"12\" height=\"12\" fill=\"{colour}\"/>\
         <text x=\"{}\" y=\"21\">{text}</text>",
        x + 18.0
    );
}

fn bar(svg: &mut String, top: f64, value: f64, scale: f64, colour: &str, note: &str) {
    let length = value * scale;
    let _written = writeln!(
        svg,
        "<rect x=\"{LEFT}\" y=\"{top}\" width=\"{length:.1}\" height=\"{BAR}\" rx=\"2\" fill=\"{colour}\"/>\
         <text x=\"{:.1}\" y=\"{}\">{value:.0}  {note}</text>",
        LEFT + length + 6.0,
        top + BAR - 5.0
    );
}
