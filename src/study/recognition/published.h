// Published numbers of Pan et al. (2023), Tables 4 to 12: accuracy under RANDOM / ABSTRACT / GOLD labels, mean over the eight data sets whose
// columns can be read without doubt (hate, atheism, feminist, sick, financial_phrasebank, ethos race, gender, religion). The printed tables
// repeat a shifted window of the same 24 numbers in their later blocks, so nothing else of them is used.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace manabi::study::recognition {

struct PublishedRow {
  std::string_view model;
  double billions;  // of parameters
  int64_t shots;
  double random, abstract, gold;
};

inline constexpr double kPublishedChance = 0.417;  // uniform guess over the same eight

inline constexpr std::array kPublished = {
    PublishedRow{"OPT 350M", 0.35, 8, 0.506, 0.424, 0.541},      PublishedRow{"OPT 350M", 0.35, 16, 0.535, 0.454, 0.566},
    PublishedRow{"OPT 350M", 0.35, 32, 0.537, 0.434, 0.556},     PublishedRow{"GPT-3 ada", 0.35, 8, 0.536, 0.435, 0.579},
    PublishedRow{"GPT-3 ada", 0.35, 16, 0.539, 0.485, 0.600},    PublishedRow{"GPT-3 ada", 0.35, 32, 0.510, 0.509, 0.570},
    PublishedRow{"GPT-3 babbage", 1.3, 8, 0.510, 0.436, 0.541},  PublishedRow{"GPT-3 babbage", 1.3, 16, 0.493, 0.475, 0.544},
    PublishedRow{"GPT-3 babbage", 1.3, 32, 0.487, 0.501, 0.540}, PublishedRow{"GPT-3 curie", 6.7, 8, 0.486, 0.454, 0.525},
    PublishedRow{"GPT-3 curie", 6.7, 16, 0.466, 0.507, 0.530},   PublishedRow{"GPT-3 curie", 6.7, 32, 0.465, 0.530, 0.581},
    PublishedRow{"OPT 2.7B", 2.7, 8, 0.495, 0.451, 0.516},       PublishedRow{"OPT 2.7B", 2.7, 16, 0.483, 0.504, 0.524},
    PublishedRow{"OPT 2.7B", 2.7, 32, 0.449, 0.509, 0.511},      PublishedRow{"OPT 6.7B", 6.7, 8, 0.478, 0.460, 0.530},
    PublishedRow{"OPT 6.7B", 6.7, 16, 0.515, 0.515, 0.593},      PublishedRow{"OPT 6.7B", 6.7, 32, 0.535, 0.532, 0.613},
    PublishedRow{"LLaMA 7B", 7, 8, 0.532, 0.455, 0.594},         PublishedRow{"LLaMA 7B", 7, 16, 0.516, 0.502, 0.591},
    PublishedRow{"LLaMA 7B", 7, 32, 0.505, 0.535, 0.594},        PublishedRow{"OPT 13B", 13, 8, 0.514, 0.443, 0.550},
    PublishedRow{"OPT 13B", 13, 16, 0.483, 0.489, 0.534},        PublishedRow{"OPT 13B", 13, 32, 0.448, 0.515, 0.504},
    PublishedRow{"LLaMA 13B", 13, 8, 0.511, 0.441, 0.559},       PublishedRow{"LLaMA 13B", 13, 16, 0.486, 0.473, 0.574},
    PublishedRow{"LLaMA 13B", 13, 32, 0.509, 0.499, 0.601},      PublishedRow{"OPT 30B", 30, 8, 0.456, 0.429, 0.484},
    PublishedRow{"OPT 30B", 30, 16, 0.439, 0.506, 0.508},        PublishedRow{"OPT 30B", 30, 32, 0.447, 0.552, 0.522},
    PublishedRow{"LLaMA 30B", 30, 8, 0.578, 0.494, 0.685},       PublishedRow{"LLaMA 30B", 30, 16, 0.545, 0.573, 0.685},
    PublishedRow{"LLaMA 30B", 30, 32, 0.524, 0.586, 0.703},      PublishedRow{"LLaMA 65B", 65, 8, 0.585, 0.504, 0.689},
    PublishedRow{"LLaMA 65B", 65, 16, 0.562, 0.584, 0.700},      PublishedRow{"LLaMA 65B", 65, 32, 0.519, 0.623, 0.715},
    PublishedRow{"OPT 66B", 66, 8, 0.425, 0.469, 0.459},         PublishedRow{"OPT 66B", 66, 16, 0.414, 0.526, 0.481},
    PublishedRow{"OPT 66B", 66, 32, 0.392, 0.575, 0.485},        PublishedRow{"GPT-3 davinci", 175, 8, 0.446, 0.474, 0.480},
    PublishedRow{"GPT-3 davinci", 175, 16, 0.448, 0.552, 0.521}, PublishedRow{"GPT-3 davinci", 175, 32, 0.457, 0.595, 0.547},
};

// The published model whose size is nearest to `parameters`, the first of the table on a tie.
std::string_view nearest_published(double parameters);

}  // namespace manabi::study::recognition
