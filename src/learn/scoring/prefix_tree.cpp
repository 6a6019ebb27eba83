#include "learn/scoring/prefix_tree.h"

#include <algorithm>
#include <numeric>

namespace manabi::learn {
namespace {

using Run = std::span<const TokenId>;

Run run_of(const ScoredSequence& sequence) { return Run(sequence.tokens).first(sequence.tokens.size() - 1); }

int64_t common_prefix(Run left, Run right) { return std::mismatch(left.begin(), left.end(), right.begin(), right.end()).first - left.begin(); }

// A run that is no beginning of another one, and the first of its tokens that the leaf before it does not share.
struct Leaf {
  int64_t source = 0;
  int64_t shared_with_previous = 0;
};

struct Leaves {
  std::vector<Leaf> leaves;      // in lexicographic order of their runs
  std::vector<int64_t> leaf_of;  // per sequence: the leaf whose run begins with the sequence's run
};

// In lexicographic order a run stands directly before the runs that begin with it.
Leaves find_leaves(std::span<const ScoredSequence> sequences) {
  std::vector<int64_t> order(sequences.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  std::sort(order.begin(), order.end(), [&](int64_t left, int64_t right) {
    return std::ranges::lexicographical_compare(run_of(sequences[left]), run_of(sequences[right]));
  });

  Leaves found{{}, std::vector<int64_t>(sequences.size())};
  bool continues = false;  // whether the run before is the beginning of this one
  for (size_t rank = 0; rank < order.size(); ++rank) {
    const Run run = run_of(sequences[order[rank]]);
    if (continues) {
      found.leaves.back().source = order[rank];
    } else {
      const int64_t shared = rank == 0 ? 0 : common_prefix(run_of(sequences[order[rank - 1]]), run);
      found.leaves.push_back({order[rank], shared});
    }
    found.leaf_of[order[rank]] = static_cast<int64_t>(found.leaves.size()) - 1;
    continues = rank + 1 < order.size() && common_prefix(run, run_of(sequences[order[rank + 1]])) == static_cast<int64_t>(run.size());
  }
  return found;
}

// A place where runs part (or, without children, the end of a leaf). Node 0 is the empty prefix.
struct Node {
  int64_t end = 0;
  int64_t source = 0;  // a sequence whose run leads here
  int64_t parent = kNoParent;
  std::vector<int64_t> children;
  bool is_row = false;
};

struct Tree {
  std::vector<Node> nodes;
  std::vector<int64_t> node_of_leaf;
  std::vector<int64_t> depth_first;  // all nodes but the first, parents before children
};

void order_depth_first(Tree& tree) {
  for (size_t node = 1; node < tree.nodes.size(); ++node) tree.nodes[tree.nodes[node].parent].children.push_back(static_cast<int64_t>(node));
  std::vector<int64_t> waiting(tree.nodes[0].children.rbegin(), tree.nodes[0].children.rend());
  while (!waiting.empty()) {
    const int64_t node = waiting.back();
    waiting.pop_back();
    tree.depth_first.push_back(node);
    waiting.insert(waiting.end(), tree.nodes[node].children.rbegin(), tree.nodes[node].children.rend());
  }
}

// Leaves come in lexicographic order, so only the path to the last one is open: a new leaf leaves it where the two part, which may split an
// edge.
Tree build_tree(std::span<const ScoredSequence> sequences, const std::vector<Leaf>& leaves) {
  Tree tree;
  tree.nodes.push_back({});
  std::vector<int64_t> path = {0};
  const auto append = [&](int64_t end, int64_t source) {
    tree.nodes.push_back({.end = end, .source = source, .parent = path.back()});
    path.push_back(static_cast<int64_t>(tree.nodes.size()) - 1);
  };
  for (const Leaf& leaf : leaves) {
    int64_t below = kNoParent;
    while (tree.nodes[path.back()].end > leaf.shared_with_previous) {
      below = path.back();
      path.pop_back();
    }
    if (tree.nodes[path.back()].end < leaf.shared_with_previous) {
      append(leaf.shared_with_previous, leaf.source);
      tree.nodes[below].parent = path.back();
    }
    append(run_length(sequences[leaf.source]), leaf.source);
    tree.node_of_leaf.push_back(path.back());
  }
  order_depth_first(tree);
  return tree;
}

// The nearest node above that is a row, or node 0.
int64_t row_above(const Tree& tree, int64_t node) {
  do node = tree.nodes[node].parent;
  while (node != 0 && !tree.nodes[node].is_row);
  return node;
}

int64_t tokens_saved(const Tree& tree, int64_t node) {
  const int64_t shared = tree.nodes[node].end - tree.nodes[row_above(tree, node)].end;
  return shared * (static_cast<int64_t>(tree.nodes[node].children.size()) - 1);
}

// Leaves are rows; so are the branches that pay by themselves.
void choose_rows(Tree& tree, int64_t shortest_shared) {
  for (const int64_t index : tree.depth_first) {
    Node& node = tree.nodes[index];
    const int64_t shared = node.end - tree.nodes[row_above(tree, index)].end;
    node.is_row = node.children.empty() || shared >= shortest_shared || tokens_saved(tree, index) >= kTokensPerPass;
  }
}

// What the shared rows of each depth save together.
std::vector<int64_t> savings_by_depth(const Tree& tree, std::vector<int64_t>& depth) {
  std::vector<int64_t> savings;
  for (const int64_t index : tree.depth_first) {
    const Node& node = tree.nodes[index];
    if (!node.is_row) continue;
    const int64_t above = row_above(tree, index);
    depth[index] = above == 0 ? 0 : depth[above] + 1;
    if (node.children.empty()) continue;
    savings.resize(std::max(savings.size(), static_cast<size_t>(depth[index]) + 1));
    savings[depth[index]] += tokens_saved(tree, index);
  }
  return savings;
}

// A depth whose rows together save less than the pass that it adds is given up; what lies below moves up by one and saves more.
void drop_depths_that_do_not_pay(Tree& tree) {
  std::vector<int64_t> depth(tree.nodes.size());
  for (;;) {
    const std::vector<int64_t> savings = savings_by_depth(tree, depth);
    const auto poor = std::ranges::find_if(savings, [](int64_t saved) { return saved < kTokensPerPass; });
    if (poor == savings.end()) return;
    for (const int64_t index : tree.depth_first) {
      Node& node = tree.nodes[index];
      if (!node.children.empty() && depth[index] == poor - savings.begin()) node.is_row = false;
    }
  }
}

// Enters each sequence into the rows, from its last one upwards, that hold its scored positions.
void enter_sequences(std::span<const ScoredSequence> sequences, const std::vector<int64_t>& last_row, std::vector<PrefixRow>& rows) {
  for (size_t index = 0; index < sequences.size(); ++index) {
    const int64_t first_scored = sequences[index].scored_from - 1;
    for (int64_t row = last_row[index]; row != kNoParent && rows[row].end > first_scored; row = rows[row].parent) {
      if (rows[row].begin < run_length(sequences[index])) rows[row].sequences.push_back(static_cast<int64_t>(index));
    }
  }
}

}  // namespace

std::vector<PrefixRow> shared_rows(std::span<const ScoredSequence> sequences, int64_t shortest_shared) {
  const Leaves found = find_leaves(sequences);
  Tree tree = build_tree(sequences, found.leaves);
  choose_rows(tree, shortest_shared);
  drop_depths_that_do_not_pay(tree);

  std::vector<PrefixRow> rows;
  std::vector<int64_t> row_of_node(tree.nodes.size(), kNoParent);
  for (const int64_t index : tree.depth_first) {
    const Node& node = tree.nodes[index];
    if (!node.is_row) continue;
    const int64_t above = row_above(tree, index);
    row_of_node[index] = static_cast<int64_t>(rows.size());
    if (above != 0) rows[row_of_node[above]].children.push_back(row_of_node[index]);
    rows.push_back({.source = node.source, .parent = row_of_node[above], .begin = tree.nodes[above].end, .end = node.end});
  }

  std::vector<int64_t> last_row(sequences.size());
  for (size_t index = 0; index < sequences.size(); ++index) last_row[index] = row_of_node[tree.node_of_leaf[found.leaf_of[index]]];
  enter_sequences(sequences, last_row, rows);
  return rows;
}

std::vector<PrefixRow> separate_rows(std::span<const ScoredSequence> sequences) {
  std::vector<PrefixRow> rows;
  for (size_t index = 0; index < sequences.size(); ++index) {
    const auto sequence = static_cast<int64_t>(index);
    rows.push_back({.source = sequence, .end = run_length(sequences[index]), .sequences = {sequence}});
  }
  return rows;
}

}  // namespace manabi::learn
