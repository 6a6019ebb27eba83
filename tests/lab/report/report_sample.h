// A report as a study would write it, with everything the page can show: every verdict, a big figure, panels, tables, prompts in several
// scripts.
#pragma once

#include "lab/report.h"

namespace manabi::test {

lab::Report sample_report();
lab::Figure sample_figure();                                // three settings over five K, log2 with 0, published beside ours
std::vector<lab::Claim> sample_claims();                    // seven, of all verdicts
lab::PromptView sample_prompt(const std::string& setting);  // about 300 tokens

}  // namespace manabi::test
