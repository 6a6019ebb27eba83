#include "text/bpe/bpe.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <queue>

namespace manabi::text {
namespace {

constexpr uint64_t kEmpty = std::numeric_limits<uint64_t>::max();
constexpr int32_t kNoRank = std::numeric_limits<int32_t>::max();

// Up to this many symbols, looking at all ranks for the lowest is faster than a heap. Almost every word is shorter.
constexpr size_t kShort = 32;

uint64_t pair_of(TokenId left, TokenId right) { return uint64_t{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right); }

}  // namespace

Bpe::Bpe(std::span<const Merge> merges)
    : slots_(std::bit_ceil(2 * merges.size() + 2), Slot{kEmpty, kNoRank, 0}), shift_(64 - std::countr_zero(slots_.size())) {
  for (size_t rank = 0; rank < merges.size(); ++rank)
    insert(pair_of(merges[rank].left, merges[rank].right), static_cast<int32_t>(rank), merges[rank].merged);
}

// Multiplicative hashing: the highest bits of the product depend on all bits of the pair.
size_t Bpe::home_of(uint64_t pair) const { return (pair * 0x9e3779b97f4a7c15u) >> shift_; }

void Bpe::insert(uint64_t pair, int32_t rank, TokenId merged) {
  size_t at = home_of(pair);
  while (slots_[at].pair != kEmpty && slots_[at].pair != pair) at = (at + 1) & (slots_.size() - 1);
  slots_[at] = {pair, rank, merged};
}

// The pair's slot, or an empty one, whose rank is kNoRank.
const Bpe::Slot& Bpe::slot_of(TokenId left, TokenId right) const {
  const uint64_t pair = pair_of(left, right);
  size_t at = home_of(pair);
  while (slots_[at].pair != kEmpty && slots_[at].pair != pair) at = (at + 1) & (slots_.size() - 1);
  return slots_[at];
}

void Bpe::merge(std::vector<TokenId>& symbols) const {
  if (symbols.size() < 2) return;
  if (symbols.size() <= kShort)
    merge_short(symbols);
  else
    merge_long(symbols);
}

void Bpe::merge_short(std::vector<TokenId>& symbols) const {
  std::array<const Slot*, kShort> slots;  // slots[i] belongs to symbols i and i + 1
  size_t pairs = symbols.size() - 1;
  for (size_t i = 0; i < pairs; ++i) slots[i] = &slot_of(symbols[i], symbols[i + 1]);
  while (pairs > 0) {
    size_t best = 0;
    for (size_t i = 1; i < pairs; ++i)
      if (slots[i]->rank < slots[best]->rank) best = i;
    if (slots[best]->rank == kNoRank) break;
    symbols[best] = slots[best]->merged;
    std::copy(symbols.begin() + best + 2, symbols.begin() + pairs + 1, symbols.begin() + best + 1);
    std::copy(slots.begin() + best + 1, slots.begin() + pairs, slots.begin() + best);
    --pairs;
    if (best > 0) slots[best - 1] = &slot_of(symbols[best - 1], symbols[best]);
    if (best < pairs) slots[best] = &slot_of(symbols[best], symbols[best + 1]);
  }
  symbols.resize(pairs + 1);
}

namespace {

// A symbol of a doubly linked list inside one array; `gone` once it was merged into its left neighbour.
struct Node {
  TokenId symbol;
  int32_t previous;
  int32_t next;
  bool gone = false;
};

// A pair that may be merged: valid as long as both symbols are still what they were.
struct Candidate {
  int32_t rank;
  int32_t position;
  TokenId left;
  TokenId right;
  TokenId merged;

  bool operator>(const Candidate& other) const { return rank != other.rank ? rank > other.rank : position > other.position; }
};

constexpr int32_t kNone = -1;

std::vector<Node> linked(const std::vector<TokenId>& symbols) {
  std::vector<Node> nodes(symbols.size());
  for (size_t i = 0; i < symbols.size(); ++i) nodes[i] = {symbols[i], static_cast<int32_t>(i) - 1, static_cast<int32_t>(i) + 1};
  nodes.back().next = kNone;
  return nodes;
}

bool still_holds(const std::vector<Node>& nodes, const Candidate& candidate) {
  const Node& left = nodes[candidate.position];
  return !left.gone && left.symbol == candidate.left && left.next != kNone && nodes[left.next].symbol == candidate.right;
}

// Puts `merged` at `position` and takes its right neighbour out of the list.
void join(std::vector<Node>& nodes, int32_t position, TokenId merged) {
  Node& left = nodes[position];
  Node& right = nodes[left.next];
  left.symbol = merged;
  left.next = right.next;
  right.gone = true;
  if (left.next != kNone) nodes[left.next].previous = position;
}

}  // namespace

void Bpe::merge_long(std::vector<TokenId>& symbols) const {
  std::vector<Node> nodes = linked(symbols);
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates;
  const auto offer = [&](int32_t position) {
    if (position == kNone || nodes[position].next == kNone) return;
    const TokenId left = nodes[position].symbol;
    const TokenId right = nodes[nodes[position].next].symbol;
    const Slot& slot = slot_of(left, right);
    if (slot.rank != kNoRank) candidates.push({slot.rank, position, left, right, slot.merged});
  };
  for (size_t i = 0; i < nodes.size(); ++i) offer(static_cast<int32_t>(i));
  while (!candidates.empty()) {
    const Candidate best = candidates.top();
    candidates.pop();
    if (!still_holds(nodes, best)) continue;
    join(nodes, best.position, best.merged);
    offer(nodes[best.position].previous);
    offer(best.position);
  }
  symbols.clear();
  for (int32_t at = 0; at != kNone; at = nodes[at].next) symbols.push_back(nodes[at].symbol);
}

}  // namespace manabi::text
