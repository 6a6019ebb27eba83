#include "text/bpe/bpe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/random.h"

namespace manabi::text {
namespace {

// The definition: of all adjacent pairs merge the one of lowest rank, the leftmost among equals.
std::vector<TokenId> merged_naively(const std::vector<Merge>& merges, std::vector<TokenId> symbols) {
  std::map<std::pair<TokenId, TokenId>, size_t> ranks;
  for (size_t rank = 0; rank < merges.size(); ++rank) ranks[{merges[rank].left, merges[rank].right}] = rank;
  while (true) {
    size_t best_rank = merges.size();
    size_t best = 0;
    for (size_t i = 0; i + 1 < symbols.size(); ++i) {
      const auto found = ranks.find({symbols[i], symbols[i + 1]});
      if (found != ranks.end() && found->second < best_rank) {
        best_rank = found->second;
        best = i;
      }
    }
    if (best_rank == merges.size()) return symbols;
    symbols[best] = merges[best_rank].merged;
    symbols.erase(symbols.begin() + static_cast<int64_t>(best) + 1);
  }
}

// Pairs among the symbols that exist so far, so that merges build on merges.
std::vector<Merge> random_merges(base::Rng& rng, int count, TokenId letters) {
  std::vector<Merge> merges;
  for (int i = 0; i < count; ++i) {
    const auto known = static_cast<uint64_t>(letters + i);
    merges.push_back({static_cast<TokenId>(rng.below(known)), static_cast<TokenId>(rng.below(known)), letters + i});
  }
  return merges;
}

TEST(Bpe, NothingAndOneSymbolStay) {
  const Bpe bpe(std::vector<Merge>{{0, 0, 1}});
  std::vector<TokenId> symbols;
  bpe.merge(symbols);
  EXPECT_TRUE(symbols.empty());
  symbols = {0};
  bpe.merge(symbols);
  EXPECT_EQ(symbols, std::vector<TokenId>{0});
}

TEST(Bpe, WithoutMergesNothingChanges) {
  const Bpe bpe({});
  std::vector<TokenId> symbols = {3, 1, 2};
  bpe.merge(symbols);
  EXPECT_EQ(symbols, (std::vector<TokenId>{3, 1, 2}));
}

TEST(Bpe, TheLeftmostOfOverlappingPairsIsMerged) {
  const Bpe bpe(std::vector<Merge>{{0, 0, 1}});
  std::vector<TokenId> symbols = {0, 0, 0};
  bpe.merge(symbols);
  EXPECT_EQ(symbols, (std::vector<TokenId>{1, 0}));
}

TEST(Bpe, LowerRanksGoFirstAlsoWhenTheyStandFurtherRight) {
  const Bpe bpe(std::vector<Merge>{{1, 2, 10}, {0, 1, 11}});
  std::vector<TokenId> symbols = {0, 1, 2};
  bpe.merge(symbols);
  EXPECT_EQ(symbols, (std::vector<TokenId>{0, 10}));
}

TEST(Bpe, TheLaterOfTwoEqualPairsCounts) {
  const Bpe bpe(std::vector<Merge>{{0, 1, 10}, {1, 2, 11}, {0, 1, 12}});
  std::vector<TokenId> symbols = {0, 1, 2};
  bpe.merge(symbols);
  EXPECT_EQ(symbols, (std::vector<TokenId>{0, 11}));
}

// Lengths on both sides of the one where the algorithm changes.
TEST(Bpe, AgreesWithTheDefinitionAtEveryLength) {
  base::Rng rng(1);
  for (int length = 0; length <= 80; ++length) {
    for (int trial = 0; trial < 20; ++trial) {
      const auto letters = static_cast<TokenId>(1 + rng.below(4));
      const std::vector<Merge> merges = random_merges(rng, static_cast<int>(rng.below(30)), letters);
      std::vector<TokenId> symbols(static_cast<size_t>(length));
      for (TokenId& symbol : symbols) symbol = static_cast<TokenId>(rng.below(static_cast<uint64_t>(letters)));
      const std::vector<TokenId> expected = merged_naively(merges, symbols);
      std::vector<TokenId> actual = symbols;
      Bpe(merges).merge(actual);
      ASSERT_EQ(actual, expected) << "length " << length << ", trial " << trial;
    }
  }
}

}  // namespace
}  // namespace manabi::text
