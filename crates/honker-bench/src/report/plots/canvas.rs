//! What all pictures share: the card they lie on, their colours, and the legend.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::contender::Name;

pub(super) type Area<'s> = DrawingArea<SVGBackend<'s>, Shift>;

pub(super) const SIZE: (u32, u32) = (900, 480);
/// The width of the legend.
const LEGEND: u32 = 230;

// Each stands for a role: a page that is dark gets the other one, see `SCHEMES`.
pub(super) const CARD: RGBColor = RGBColor(0xFB, 0xFC, 0xFD);
pub(super) const INK: RGBColor = RGBColor(0x1F, 0x27, 0x30);
pub(super) const FAINT: RGBColor = RGBColor(0x58, 0x62, 0x6D);
pub(super) const RULE: RGBColor = RGBColor(0xDD, 0xE2, 0xE7);
pub(super) const HAIR: RGBColor = RGBColor(0xEE, 0xF1, 0xF4);
const SCHEMES: [(&str, &str); 5] = [
    ("#FBFCFD", "#14191F"),
    ("#1F2730", "#E4EAF0"),
    ("#58626D", "#A3AEBA"),
    ("#DDE2E7", "#343D47"),
    ("#EEF1F4", "#20272E"),
];

/// Draws on a card with a title, and gives the picture.
pub(super) fn draw(
    title: &str,
    subtitle: &str,
    body: impl FnOnce(&Area<'_>) -> Result<(), String>,
) -> Result<String, String> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        root.fill(&CARD).map_err(failed)?;
        write(&root, title, (24, 18), 19, INK)?;
        write(&root, subtitle, (24, 44), 13, FAINT)?;
        let body_area = root.margin(66, 8, 8, 8);
        body(&body_area)?;
        root.present().map_err(failed)?;
    }
    Ok(with_schemes(&svg))
}

/// A dark page gets dark colours: a rule of a style sheet outranks an attribute.
fn with_schemes(svg: &str) -> String {
    let rules = SCHEMES.map(|(light, dark)| {
        format!("[fill=\"{light}\"]{{fill:{dark}}}[stroke=\"{light}\"]{{stroke:{dark}}}")
    });
    let style = format!(
        "<style>text{{font-family:system-ui,-apple-system,\"Segoe UI\",\"DejaVu Sans\",sans-serif}}\
         @media(prefers-color-scheme:dark){{{}}}</style>\n",
        rules.concat()
    );
    match svg.find(">\n") {
        Some(end) => format!("{}{style}{}", &svg[..end + 2], &svg[end + 2..]),
        None => svg.to_owned(),
    }
}

pub(super) fn write(
    area: &Area<'_>,
    text: &str,
    at: (i32, i32),
    size: u32,
    color: RGBColor,
) -> Result<(), String> {
    let style = font(size, color).pos(Pos::new(HPos::Left, VPos::Top));
    area.draw(&Text::new(text.to_owned(), at, style))
        .map_err(failed)
}

pub(super) fn font(size: u32, color: RGBColor) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&color)
}

/// The chart to the left, the legend to the right.
pub(super) fn split<'s>(area: &Area<'s>) -> (Area<'s>, Area<'s>) {
    let (width, _) = area.dim_in_pixel();
    area.split_horizontally(width - LEGEND)
}

/// A line and a name for each, in the order given.
pub(super) fn legend(area: &Area<'_>, names: &[Name]) -> Result<(), String> {
    let mut y = 22;
    for &name in names {
        let line = PathElement::new(vec![(8, y), (34, y)], style(name));
        area.draw(&line).map_err(failed)?;
        write(area, label(name), (42, y - 6), 13, INK)?;
        y += 24;
    }
    Ok(())
}

/// Ours are wide.
pub(super) fn style(name: Name) -> ShapeStyle {
    let width = if name.is_ours() { 3 } else { 2 };
    color(name).stroke_width(width)
}

/// Neither light nor dark, so that they can be read on both cards.
pub(super) const fn color(name: Name) -> RGBColor {
    match name {
        Name::Floor => RGBColor(0x8A, 0x93, 0x9C),
        Name::Kernel => RGBColor(0x1F, 0x8A, 0xE0),
        Name::Auto => RGBColor(0x5B, 0x7C, 0xFA),
        Name::Shm => RGBColor(0x12, 0xA5, 0x94),
        Name::Polling => RGBColor(0x8B, 0x6C, 0xF0),
        Name::PublishedKernel => RGBColor(0xE5, 0x48, 0x4D),
        Name::PublishedShm => RGBColor(0xD6, 0x40, 0x9F),
        Name::PublishedPolling => RGBColor(0xF0, 0x7A, 0x13),
        Name::DataVersion => RGBColor(0xB4, 0x8A, 0x0A),
        Name::Notify => RGBColor(0x46, 0xA0, 0x3C),
        Name::Header => RGBColor(0x9A, 0x7B, 0x5C),
        Name::TablePoll => RGBColor(0x7A, 0x6E, 0x8F),
    }
}

/// A title short enough for a legend.
pub(super) const fn label(name: Name) -> &'static str {
    match name {
        Name::Floor => "floor (no look)",
        Name::Kernel => "honker kernel",
        Name::Auto => "honker auto",
        Name::Shm => "honker shm",
        Name::Polling => "honker polling",
        Name::PublishedKernel => "honker-core 0.5 kernel",
        Name::PublishedShm => "honker-core 0.5 shm",
        Name::PublishedPolling => "honker-core 0.5 polling",
        Name::DataVersion => "data_version, each 1 ms",
        Name::Notify => "notify, one look an event",
        Name::Header => "file header, each 1 ms",
        Name::TablePoll => "max(id), each 0.1 s",
    }
}

pub(super) fn failed(error: impl std::fmt::Display) -> String {
    error.to_string()
}
