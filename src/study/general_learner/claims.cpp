#include <fmt/format.h>

#include <string>
#include <vector>

#include "lab/statistics/decided.h"
#include "lab/statistics/seeds.h"
#include "study/general_learner/report.h"
#include "study/general_learner/settings.h"

namespace manabi::study::general_learner {
namespace {

constexpr const char* kSource = "Kirsch et al. 2022";

// In points.
std::vector<double> accuracy(const lab::Records& records, const Setting& setting, const char* question, const char* item,
                             const std::string& learner = kNetwork) {
  return lab::in_points(lab::last_values(
      records, {.cell = setting.at(), .metric = kAccuracy, .row = {{kQuestion, question}, {kLearner, learner}, {kItem, item}}}));
}

// What is gained from the first item to the last five: learning within a row.
std::vector<double> gain(const lab::Records& records, const Setting& setting, const char* question) {
  return lab::differences(accuracy(records, setting, question, kFirst), accuracy(records, setting, question, kLastFive));
}

std::vector<double> after_a_third(const lab::Records& records, const Setting& setting) {
  const lab::Coordinates row = {
      {kQuestion, kUnseenTasks}, {kLearner, kNetwork}, {kItem, kLastFive}, {lab::kStep, std::to_string(setting.steps / 3)}};
  return lab::in_points(lab::last_values(records, {.cell = setting.at(), .metric = kAccuracy, .row = row}));
}

lab::Claim decided(lab::Claim claim, const std::vector<double>& effect) {
  claim.source = kSource;
  claim.unit = "points";
  return lab::decided_by_seeds(std::move(claim), effect, "two seeds of the networks");
}

}  // namespace

std::vector<lab::Claim> claims(const lab::Records& records) {
  const Setting few = {.log_tasks = 4, .plain_share = 0}, some = {.log_tasks = 9}, many, unhelped = {.plain_share = 0};
  return {
      decided({.id = "few-tasks-are-remembered",
               .sentence = "Sixteen tasks are known from the weights: a seen one is answered from its first image on.",
               .published = "memorisation with few tasks (direction only)",
               .measure = "accuracy at the first item of seen tasks, 2^4 tasks",
               .margin = 80},
              accuracy(records, few, kNewImages, kFirst)),
      decided({.id = "few-tasks-do-not-generalise",
               .sentence = "Trained on sixteen tasks a network learns nothing within a row of an unseen one.",
               .published = "no gain on unseen tasks",
               .measure = "accuracy at the last five items minus the first, unseen tasks, 2^4 tasks",
               .direction = lab::Direction::equivalent,
               .margin = 5},
              gain(records, few, kUnseenTasks)),
      decided({.id = "some-tasks-do-not-generalise",
               .sentence = "Nor does one that is trained on 512.",
               .published = "no gain on unseen tasks below about 2^13",
               .measure = "accuracy at the last five items minus the first, unseen tasks, 2^9 tasks",
               .direction = lab::Direction::equivalent,
               .margin = 5},
              gain(records, some, kUnseenTasks)),
      decided({.id = "many-tasks-teach-to-learn",
               .sentence = "Trained on a million tasks it learns an unseen one from its examples.",
               .published = "from about 2^13 tasks on",
               .measure = "accuracy at the last five items minus the first, unseen tasks, 2^20 tasks",
               .margin = 30},
              gain(records, many, kUnseenTasks)),
      decided({.id = "seen-and-unseen-are-alike",
               .sentence = "It does no better on tasks that it saw.",
               .published = "seen and unseen tasks alike in the general phase",
               .measure = "accuracy at the last five items, seen minus unseen tasks, 2^20 tasks",
               .direction = lab::Direction::equivalent,
               .margin = 5},
              lab::differences(accuracy(records, many, kUnseenTasks, kLastFive), accuracy(records, many, kNewImages, kLastFive))),
      decided({.id = "other-images-are-learned",
               .sentence = "It learns images of another kind than it ever saw.",
               .published = "62.24 on FashionMNIST, 53.39 on KMNIST after training on MNIST",
               .measure = "accuracy at the last five items minus the first, other images, 2^20 tasks",
               .margin = 20},
              gain(records, many, kOtherImages)),
      decided({.id = "plain-names-end-the-plateau",
               .sentence = "Rows with plain names among the others shorten the plateau on which training stands.",
               .published = "the plateau goes away",
               .measure = "accuracy at the last five items of unseen tasks after a third of the training: plain share 0.9 minus 0, 2^20 tasks",
               .margin = 10},
              lab::differences(after_a_third(records, unhelped), after_a_third(records, many))),
      decided(
          {.id = "a-small-epsilon-shortens-the-plateau",
           .sentence = "A smaller epsilon of Adam shortens it.",
           .published = "about half as long",
           .measure = "accuracy at the last five items of unseen tasks after a third of the training: epsilon 1e-12 minus 1e-8, no plain names",
           .margin = 10},
          lab::differences(after_a_third(records, unhelped), after_a_third(records, {.plain_share = 0, .epsilon = 1e-12}))),
      decided(
          {.id = "attention-learns-better-than-an-lstm",
           .sentence = "A decoder learns better than an LSTM of the same width, whose state is smaller.",
           .published = "LSTM lower at equal parameters",
           .measure = "accuracy at the last five items of unseen tasks: decoder minus LSTM, width 64",
           .margin = 0},
          lab::differences(accuracy(records, {.network = kLstm}, kUnseenTasks, kLastFive), accuracy(records, many, kUnseenTasks, kLastFive)))};
}

}  // namespace manabi::study::general_learner
