// A prompt token by token. White space is drawn by the style sheet over the real characters, so that copied text is the prompt itself.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lab/report/blocks.h"
#include "lab/report/numbers.h"

namespace manabi::lab::report {
namespace {

std::string glyph_html(const Glyph& glyph) {
  if (!glyph.is_valid) return fmt::format(R"(<i class="byte">{:02X}</i>)", static_cast<unsigned>(glyph.code));
  if (needs_name(glyph)) return fmt::format(R"(<i class="byte">U+{:04X}</i>)", static_cast<unsigned>(glyph.code));
  if (glyph.code == '\n') return "<i class=\"nl\">\n</i>";
  if (glyph.code == '\t') return "<i class=\"tab\">\t</i>";
  if (glyph.code == ' ') return "<i class=\"sp\"> </i>";
  if (glyph.code == 0xA0) return "<i class=\"nb\">\xC2\xA0</i>";
  return escape(glyph.bytes);
}

std::string visible_html(const std::string& text) {
  std::string html;
  for (const Glyph& glyph : glyphs_of(text)) html += glyph_html(glyph);
  return html;
}

std::string token_html(const PromptView::Token& token, size_t index) {
  const std::string kind = std::string(index % 2 == 1 ? "b" : "a") + (token.is_special ? " special" : "");
  const std::string text = token.text.empty() ? R"(<i class="byte">empty</i>)" : visible_html(token.text);
  return fmt::format(R"(<span class="{}" title="token {}, id {}{}">{}</span>)", kind, index, token.id, token.is_special ? ", special" : "",
                     text);
}

// Each choice's share of the probability of all choices; empty unless every answer has a finite score.
std::vector<double> shares_of(const std::vector<PromptView::Answer>& answers) {
  double largest = -INFINITY;
  for (const PromptView::Answer& answer : answers) {
    if (!answer.score || !std::isfinite(*answer.score)) return {};
    largest = std::max(largest, *answer.score);
  }
  std::vector<double> shares;
  double sum = 0;
  for (const PromptView::Answer& answer : answers) {
    shares.push_back(std::exp(*answer.score - largest));
    sum += shares.back();
  }
  for (double& share : shares) share /= sum;
  return shares;
}

std::string answer_row(const PromptView::Answer& answer, bool has_scores, const double* share, bool is_chosen) {
  std::string row =
      fmt::format(R"(<tr{}><th scope="row"><span class="a">{}</span></th>)", is_chosen ? R"( class="chosen")" : "", visible_html(answer.text));
  if (has_scores) {
    row += fmt::format(R"(<td class="number">{}</td>)", answer.score ? number_text(*answer.score, {.decimals = 2}) : "\xE2\x80\x93");
  }
  if (share) {
    row += fmt::format(R"(<td class="share"><span class="meter" aria-hidden="true"><span style="width:{:.1f}%"></span></span> {}</td>)",
                       *share * 100, number_text(*share, {.is_share = true, .decimals = 1}));
  }
  std::string note = escape(answer.note);
  if (answer.is_target) note = R"(<b class="target">right answer</b> )" + note;
  if (is_chosen) note = R"(<b class="choice">chosen</b> )" + note;
  return row + "<td>" + note + "</td></tr>";
}

std::string answers_html(const PromptView& prompt) {
  if (prompt.answers.empty()) return "";
  const std::vector<double> shares = shares_of(prompt.answers);
  const bool has_scores = std::any_of(prompt.answers.begin(), prompt.answers.end(), [](const auto& answer) { return answer.score.has_value(); });
  const size_t chosen = static_cast<size_t>(std::max_element(shares.begin(), shares.end()) - shares.begin());
  std::string head = R"(<th scope="col">choice</th>)";
  if (has_scores) head += R"(<th scope="col" class="number">score, nats</th>)";
  if (!shares.empty()) head += R"(<th scope="col">share among the choices</th>)";
  std::string rows;
  for (size_t index = 0; index < prompt.answers.size(); ++index) {
    rows += answer_row(prompt.answers[index], has_scores, shares.empty() ? nullptr : &shares[index], !shares.empty() && index == chosen);
  }
  return fmt::format(
      R"(<div class="scroll" tabindex="0" role="region" aria-label="{}"><table class="answers"><thead><tr>{}<th scope="col">note</th></tr></thead><tbody>{}</tbody></table></div>)",
      escape("Choices of " + prompt.title), head, rows);
}

}  // namespace

std::string html_of(const PromptView& prompt, PageContext& page) {
  const std::string id = page.anchors.take("prompt-" + prompt.title);
  const int64_t last = static_cast<int64_t>(prompt.tokens.size()) - 1;
  const int64_t scored = std::min(prompt.scored_after.value_or(last), last);
  const std::string slot = R"(<span class="slot">answer scored here</span>)";
  std::string tokens = scored < 0 ? slot : "";
  for (int64_t index = 0; index <= last; ++index) {
    tokens += token_html(prompt.tokens[static_cast<size_t>(index)], static_cast<size_t>(index));
    if (index == scored) tokens += slot;
  }
  std::string html = fmt::format(R"(<figure class="prompt" id="{}"><h3>{}</h3>)", id, escape(prompt.title.empty() ? "Prompt" : prompt.title));
  html += fmt::format(R"(<p class="count">{} {}</p>)", count_text(last + 1), last == 0 ? "token" : "tokens");
  html += fmt::format(R"(<div class="tokens" tabindex="0" role="region" aria-label="{}"><div class="run" dir="auto">{}</div></div>)",
                      escape("Tokens of " + prompt.title), tokens);
  html += answers_html(prompt);
  if (!prompt.caption.empty()) html += fmt::format("<figcaption>{}</figcaption>", escape(prompt.caption));
  return html + "</figure>";
}

}  // namespace manabi::lab::report
