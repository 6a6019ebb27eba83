#include <fmt/format.h>

#include <array>
#include <cmath>

#include "lab/report/blocks.h"
#include "lab/report/figure/interval_bar.h"
#include "lab/report/numbers.h"

namespace manabi::lab::report {
namespace {

constexpr std::array kVerdicts{Verdict::holds, Verdict::does_not_hold, Verdict::undecided, Verdict::not_tested};

constexpr std::string_view kIcons = R"svg(<svg class="defs" width="0" height="0" aria-hidden="true"><defs>
<symbol id="icon-holds" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7.5" fill="currentColor"/><path d="M4.4 8.3l2.5 2.5 4.7-5.2" fill="none" stroke="var(--surface)" stroke-width="1.9" stroke-linecap="round" stroke-linejoin="round"/></symbol>
<symbol id="icon-fails" viewBox="0 0 16 16"><rect x="1" y="1" width="14" height="14" rx="1.5" fill="currentColor"/><path d="M5 5l6 6M11 5l-6 6" fill="none" stroke="var(--surface)" stroke-width="1.9" stroke-linecap="round"/></symbol>
<symbol id="icon-open" viewBox="0 0 16 16"><path d="M8 .6L15.4 8 8 15.4.6 8z" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round"/><path d="M8 .6L.6 8 8 15.4z" fill="currentColor"/></symbol>
<symbol id="icon-untested" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.8" fill="none" stroke="currentColor" stroke-width="1.5" stroke-dasharray="2.6 2.1"/></symbol>
</defs></svg>)svg";

std::string badge_of(Verdict verdict) {
  return fmt::format(R"(<span class="badge {}">{}{}</span>)", class_of(verdict), icon_of(verdict), name_of(verdict));
}

std::string summary_of(std::span<const Claim> claims) {
  const std::map<Verdict, int64_t> counts = tally(claims);
  std::string strip, words;
  for (const Verdict verdict : kVerdicts) {
    const auto found = counts.find(verdict);
    if (found == counts.end()) continue;
    strip += fmt::format(R"(<span class="{}" style="flex-grow:{}"></span>)", class_of(verdict), found->second);
    words += fmt::format(R"(<li class="{}">{}{} <b>{}</b></li>)", class_of(verdict), icon_of(verdict), name_of(verdict), found->second);
  }
  return fmt::format(R"(<div class="tally"><div class="strip" aria-hidden="true">{}</div><ul>{}</ul></div>)", strip, words);
}

std::string detail(std::string_view label, const std::string& text) {
  return text.empty() ? "" : fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", label, text);
}

std::string published_of(const Claim& claim) {
  return claim.published.empty() ? "" : fmt::format(R"(<div class="published"><dt>Published</dt><dd>{}</dd></div>)", escape(claim.published));
}

std::string missing_of(const Claim& claim) {
  const std::string why = claim.missing.empty() ? "No cell of this claim was measured." : escape(claim.missing);
  return fmt::format(R"(<p class="missing"><b>Missing</b> {}</p>)", why);
}

// What stands behind the interval, and what it does not cover.
std::string reach_of(const Interval& effect) {
  const std::string sample = sample_text(effect);
  std::string text = sample.empty() ? "95% interval" : "95% interval; n = " + sample;
  if (std::isinf(effect.low) || std::isinf(effect.high))
    text += ". One observation says nothing of its spread.";
  else if (effect.items > 0 && effect.draws == 1)
    text += ". With one draw, what other demonstrations would do is not in it.";
  return text;
}

// The numbers of a claim: ours with its interval and n, the paper's beside it, and where the interval lies.
std::string evidence_of(const Claim& claim, const std::string& anchor) {
  if (!claim.effect) return (claim.published.empty() ? "" : "<dl>" + published_of(claim) + "</dl>") + missing_of(claim);
  std::string html =
      fmt::format(R"(<dl><div class="measured"><dt>Measured here</dt><dd><b>{}</b> <span class="range">{}</span></dd></div>{}</dl>)",
                  escape(effect_text(claim)), effect_interval_text(claim), published_of(claim));
  html += interval_bar_svg(claim, anchor + "-bar");
  if (!interval_bar_of(claim)) html += R"(<p class="missing">The effect is not a finite number, so it has no place on a line.</p>)";
  return html + fmt::format(R"(<p class="sample">{}</p>)", reach_of(*claim.effect));
}

std::string article_of(const Claim& claim, size_t number, PageContext& page) {
  const Verdict verdict = verdict_of(claim);
  const std::string anchor = page.anchors.take("claim-" + (claim.id.empty() ? std::to_string(number) : claim.id));
  std::string html =
      fmt::format(R"(<article class="claim {}" id="{}"><div class="says"><p class="head">{}<a class="number" href="#{}">Claim {}</a></p>)",
                  class_of(verdict), anchor, badge_of(verdict), anchor, number);
  html += fmt::format("<h3>{}</h3><dl class=\"terms\">", escape(claim.sentence));
  html += detail("Effect", escape(claim.measure));
  html += detail("Claimed", escape(condition_text(claim)));
  html += detail("Source", escape(claim.source));
  html += R"(</dl></div><div class="evidence">)";
  return html + evidence_of(claim, anchor) + "</div></article>";
}

}  // namespace

std::map<Verdict, int64_t> tally(std::span<const Claim> claims) {
  std::map<Verdict, int64_t> counts;
  for (const Claim& claim : claims) ++counts[verdict_of(claim)];
  return counts;
}

std::string class_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::holds:
      return "holds";
    case Verdict::does_not_hold:
      return "fails";
    case Verdict::undecided:
      return "open";
    case Verdict::not_tested:
      break;
  }
  return "untested";
}

std::string icon_of(Verdict verdict) {
  return fmt::format(R"(<svg class="icon" width="16" height="16" aria-hidden="true"><use href="#icon-{}"/></svg>)", class_of(verdict));
}

std::string_view icon_definitions() { return kIcons; }

std::string html_of(std::span<const Claim> claims, PageContext& page) {
  std::string html = summary_of(claims);
  for (size_t index = 0; index < claims.size(); ++index) html += article_of(claims[index], index + 1, page);
  return html;
}

}  // namespace manabi::lab::report
