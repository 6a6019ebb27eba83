#include "tensor/attention.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "tensor/kernels/kernels.h"
#include "tests/tensor/close.h"

namespace manabi::tensor {
namespace {

struct Packed {
  at::Tensor queries, keys, values;
  std::vector<AttentionRow> rows;
};

struct Heads {
  int64_t queries, groups, width;
};

at::Tensor normal(at::IntArrayRef sizes, at::ScalarType dtype) { return at::randn(sizes, at::kFloat).to(dtype); }

KeyValueRun random_run(int64_t length, Heads heads, at::ScalarType dtype) {
  return {.keys = normal({length, heads.groups, heads.width}, dtype), .values = normal({length, heads.groups, heads.width}, dtype)};
}

Packed pack(const std::vector<int64_t>& lengths, const std::vector<int64_t>& earlier, Heads heads, at::ScalarType dtype) {
  Packed packed;
  int64_t tokens = 0;
  for (const int64_t length : lengths) {
    AttentionRow row{.begin = tokens, .length = length};
    for (const int64_t run : earlier) row.earlier.push_back(random_run(run, heads, dtype));
    packed.rows.push_back(row);
    tokens += length;
  }
  packed.queries = normal({tokens, heads.queries, heads.width}, dtype);
  packed.keys = normal({tokens, heads.groups, heads.width}, dtype);
  packed.values = normal({tokens, heads.groups, heads.width}, dtype);
  return packed;
}

at::Tensor attend(const Packed& packed) { return causal_attention(packed.queries, packed.keys, packed.values, packed.rows); }

at::Tensor attend_reference(const Packed& packed) { return causal_attention_reference(packed.queries, packed.keys, packed.values, packed.rows); }

// Weights and result are both rounded to the dtype, and scores are sums over the width of a head.
testing::AssertionResult is_close_attention(const Packed& packed) {
  return is_close(attend(packed), attend_reference(packed), 2 + static_cast<double>(packed.queries.size(2)) / 128);
}

// Where the hand-written kernel runs, a result does not depend in any bit on how positions are cut into runs.
bool has_kernel(at::ScalarType dtype) {
  return kernels::find_kernels(dtype == at::kFloat ? kernels::Format::float32 : kernels::Format::bfloat16) != nullptr;
}

// One query head at one token in double precision, written as the formula.
std::vector<double> naive(const Packed& packed, const AttentionRow& row, int64_t token, int64_t head) {
  const int64_t group = head / (packed.queries.size(1) / packed.keys.size(1));
  std::vector<at::Tensor> keys, values;
  for (const KeyValueRun& run : row.earlier) {
    for (int64_t position = 0; position < run.keys.size(0); ++position) {
      keys.push_back(run.keys[position][group].to(at::kDouble));
      values.push_back(run.values[position][group].to(at::kDouble));
    }
  }
  for (int64_t position = 0; position <= token; ++position) {
    keys.push_back(packed.keys[row.begin + position][group].to(at::kDouble));
    values.push_back(packed.values[row.begin + position][group].to(at::kDouble));
  }
  const at::Tensor query = packed.queries[row.begin + token][head].to(at::kDouble);
  const int64_t width = query.size(0);
  double total = 0;
  std::vector<double> sum(width, 0.0);
  for (size_t position = 0; position < keys.size(); ++position) {
    const double weight = std::exp(keys[position].dot(query).item<double>() / std::sqrt(static_cast<double>(width)));
    total += weight;
    for (int64_t i = 0; i < width; ++i) sum[i] += weight * values[position][i].item<double>();
  }
  for (double& value : sum) value /= total;
  return sum;
}

TEST(Attention, ReferenceInBlocksIsTheReferenceInOne) {
  at::manual_seed(12);
  const Packed packed = pack({600}, {10}, {.queries = 2, .groups = 1, .width = 8}, at::kFloat);
  const at::Tensor attended = attend_reference(packed);
  for (const int64_t token : {0, 255, 256, 257, 599}) {
    const std::vector<double> expected = naive(packed, packed.rows[0], token, 1);
    for (int64_t i = 0; i < 8; ++i) EXPECT_NEAR(attended[token][1][i].item<double>(), expected[i], 1e-5) << "token " << token;
  }
}

TEST(Attention, ReferenceIsTheFormula) {
  at::manual_seed(1);
  const Packed packed = pack({3, 1, 4}, {2, 1}, {.queries = 4, .groups = 2, .width = 8}, at::kFloat);
  const at::Tensor attended = attend_reference(packed);
  for (const AttentionRow& row : packed.rows) {
    for (int64_t token = 0; token < row.length; ++token) {
      for (int64_t head = 0; head < 4; ++head) {
        const std::vector<double> expected = naive(packed, row, token, head);
        for (int64_t i = 0; i < 8; ++i) EXPECT_NEAR(attended[row.begin + token][head][i].item<double>(), expected[i], 1e-5);
      }
    }
  }
}

class AttentionOfDtype : public testing::TestWithParam<at::ScalarType> {};

TEST_P(AttentionOfDtype, MatchesTheReferenceAroundBlockBoundaries) {
  at::manual_seed(2);
  for (const int64_t width : {8, 16, 32, 48, 64, 80, 96, 128, 240, 256}) {
    for (const int64_t length : {1, 2, 15, 16, 17, 31, 33, 63, 64, 65, 129, 200}) {
      const Packed packed = pack({length}, {}, {.queries = 3, .groups = 1, .width = width}, GetParam());
      EXPECT_TRUE(is_close_attention(packed)) << "width " << width << ", length " << length;
    }
  }
}

TEST_P(AttentionOfDtype, MatchesTheReferenceForEveryGrouping) {
  at::manual_seed(3);
  for (const Heads heads : {Heads{1, 1, 64}, Heads{3, 3, 64}, Heads{9, 3, 64}, Heads{4, 1, 32}, Heads{8, 2, 16}, Heads{14, 2, 64}}) {
    const Packed packed = pack({37, 1, 70}, {5}, heads, GetParam());
    EXPECT_TRUE(is_close_attention(packed)) << heads.queries << " heads on " << heads.groups;
  }
}

TEST_P(AttentionOfDtype, WalksChainsOfEarlierRuns) {
  at::manual_seed(4);
  for (const std::vector<int64_t>& chain : std::vector<std::vector<int64_t>>{{0}, {1}, {7}, {64}, {0, 1, 7, 64}, {64, 7}, {200, 0, 3}, {130}}) {
    const Packed packed = pack({1, 5, 66}, chain, {.queries = 6, .groups = 2, .width = 64}, GetParam());
    EXPECT_TRUE(is_close_attention(packed)) << "chain of " << chain.size() << " from " << chain[0];
  }
}

TEST_P(AttentionOfDtype, RowsDoNotSeeEachOther) {
  at::manual_seed(5);
  const Packed packed = pack({33, 1, 64, 0, 7}, {9}, {.queries = 9, .groups = 3, .width = 64}, GetParam());
  const at::Tensor together = attend(packed);
  for (const AttentionRow& row : packed.rows) {
    AttentionRow alone_row = row;
    alone_row.begin = 0;
    const Packed alone{packed.queries.narrow(0, row.begin, row.length).clone(),
                       packed.keys.narrow(0, row.begin, row.length).clone(),
                       packed.values.narrow(0, row.begin, row.length).clone(),
                       {alone_row}};
    EXPECT_TRUE(at::equal(attend(alone), together.narrow(0, row.begin, row.length)));
  }
}

TEST_P(AttentionOfDtype, PrefixAndSuffixGiveWhatTheWholeRowGives) {
  at::manual_seed(6);
  const Packed whole = pack({90}, {}, {.queries = 9, .groups = 3, .width = 64}, GetParam());
  const at::Tensor attended = attend(whole);
  for (const int64_t split : {1, 16, 50, 89}) {
    AttentionRow row{.begin = 0, .length = 90 - split};
    row.earlier = {{.keys = whole.keys.narrow(0, 0, split), .values = whole.values.narrow(0, 0, split)}};
    const Packed suffix{
        whole.queries.narrow(0, split, row.length), whole.keys.narrow(0, split, row.length), whole.values.narrow(0, split, row.length), {row}};
    EXPECT_CLOSE(attend(suffix), attended.narrow(0, split, row.length)) << "split at " << split;
    if (has_kernel(GetParam())) {
      EXPECT_TRUE(at::equal(attend(suffix), attended.narrow(0, split, row.length))) << "split at " << split;
    }
  }
}

TEST_P(AttentionOfDtype, DoesNotDependOnThreads) {
  at::manual_seed(11);
  const Packed packed = pack({300, 3, 80}, {20}, {.queries = 9, .groups = 3, .width = 64}, GetParam());
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const at::Tensor alone = attend(packed);
  at::set_num_threads(3);
  const at::Tensor together = attend(packed);
  at::set_num_threads(threads);
  EXPECT_TRUE(at::equal(alone, together));
}

TEST_P(AttentionOfDtype, WantedQueriesAreTheSameWhenOthersAreSkipped) {
  at::manual_seed(7);
  Packed packed = pack({100, 20}, {30}, {.queries = 9, .groups = 3, .width = 64}, GetParam());
  const at::Tensor all = attend(packed);
  for (const int64_t first : {1, 17, 64, 99}) {
    packed.rows[0].first_query = first;
    packed.rows[1].first_query = 20;
    EXPECT_TRUE(at::equal(attend(packed).narrow(0, first, 100 - first), all.narrow(0, first, 100 - first)));
  }
}

TEST_P(AttentionOfDtype, TakesViewsOfOneFusedTensor) {
  at::manual_seed(8);
  const at::Tensor fused = normal({70, 15, 64}, GetParam());
  const Packed views{fused.narrow(1, 0, 9), fused.narrow(1, 9, 3), fused.narrow(1, 12, 3), {{.begin = 0, .length = 70}}};
  const Packed copies{views.queries.contiguous(), views.keys.contiguous(), views.values.contiguous(), views.rows};
  EXPECT_TRUE(at::equal(attend(views), attend(copies)));
  const Packed turned{copies.queries.transpose(1, 2).contiguous().transpose(1, 2), copies.keys.transpose(1, 2).contiguous().transpose(1, 2),
                      copies.values.transpose(0, 2).contiguous().transpose(0, 2), views.rows};
  EXPECT_TRUE(at::equal(attend(turned), attend(copies)));
}

TEST_P(AttentionOfDtype, LargeScoresDoNotOverflow) {
  at::manual_seed(9);
  Packed packed = pack({65}, {}, {.queries = 3, .groups = 1, .width = 64}, GetParam());
  packed.queries.mul_(100);
  EXPECT_TRUE(is_close_attention(packed));
}

TEST_P(AttentionOfDtype, NanReachesEveryQueryThatSeesIt) {
  at::manual_seed(10);
  Packed packed = pack({40}, {}, {.queries = 3, .groups = 1, .width = 64}, GetParam());
  packed.keys[20].fill_(NAN);
  const at::Tensor attended = attend(packed);
  EXPECT_FALSE(at::isnan(attended.narrow(0, 0, 20)).any().item<bool>());
  EXPECT_TRUE(at::isnan(attended.narrow(0, 20, 20)).all().item<bool>());
}

TEST_P(AttentionOfDtype, NoTokensGiveAnEmptyResult) {
  const Packed packed = pack({}, {}, {.queries = 9, .groups = 3, .width = 64}, GetParam());
  EXPECT_EQ(attend(packed).sizes(), (std::vector<int64_t>{0, 9, 64}));
}

INSTANTIATE_TEST_SUITE_P(Dtypes, AttentionOfDtype, testing::Values(at::kFloat, at::kBFloat16),
                         [](const auto& dtype) { return std::string(at::toString(dtype.param)); });

TEST(Attention, RefusesRowsOutsideTheTensor) {
  Packed packed = pack({4}, {}, {.queries = 2, .groups = 1, .width = 16}, at::kFloat);
  packed.rows[0].length = 5;
  EXPECT_THROW(attend(packed), c10::Error);
}

TEST(Attention, RefusesRunsOfAnotherShapeOrDtype) {
  Packed packed = pack({4}, {3}, {.queries = 2, .groups = 1, .width = 16}, at::kFloat);
  packed.rows[0].earlier[0].keys = at::zeros({3, 1, 8});
  EXPECT_THROW(attend(packed), c10::Error);
  packed.rows[0].earlier[0].keys = at::zeros({3, 1, 16}, at::kBFloat16);
  EXPECT_THROW(attend(packed), c10::Error);
}

TEST(Attention, RefusesQueryHeadsThatDoNotDivide) {
  const Packed packed = pack({4}, {}, {.queries = 3, .groups = 2, .width = 16}, at::kFloat);
  EXPECT_THROW(attend(packed), c10::Error);
}

}  // namespace
}  // namespace manabi::tensor
