// `manabi doctor`: what this machine offers, and what a report of a defect needs.
#include <ATen/Context.h>
#include <ATen/Version.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <ostream>
#include <thread>

#include "app/command_line.h"
#include "app/verbs.h"
#include "base/file.h"
#include "model/catalogue.h"

namespace manabi::app {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

bool is_writable_or_creatable(fs::path folder) {
  while (!folder.empty() && !fs::exists(folder)) folder = folder.parent_path();
  return !folder.empty() && access(folder.c_str(), W_OK) == 0;
}

std::string vector_units() {
  std::string units;
  if (__builtin_cpu_supports("avx2")) units += " avx2";
  if (__builtin_cpu_supports("avx512f")) units += " avx512";
  if (__builtin_cpu_supports("avx512bf16")) units += " avx512_bf16";
  return units.empty() ? " none of avx2, avx512" : units;
}

class Findings {
 public:
  explicit Findings(std::ostream& out) : out_(out) {}
  void say(bool is_fine, const std::string& what, const std::string& found, const std::string& hint = "") {
    out_ << fmt::format("{} {:<18} {}\n", is_fine ? "ok  " : "NOTE", what, found);
    if (!is_fine && !hint.empty()) out_ << fmt::format("     {:<18} {}\n", "", hint);
  }

 private:
  std::ostream& out_;
};

}  // namespace

int doctor_verb(Words words, Session& session) {
  CommandLine line{.verb = "doctor", .summary = "Looks at this machine and says what works."};
  if (!parse(line, words, session.out)) return 0;
  Findings findings(session.out);
  const fs::path cache = base::cache_folder();
  const std::string waiting = environment("OMP_WAIT_POLICY"), data = environment("MANABI_DATA");
  const std::string smollm2 = model::locate_model("smollm2");

  findings.say(true, "program", "manabi " MANABI_VERSION);
  findings.say(true, "libtorch", fmt::format("{} ({})", MANABI_TORCH_VERSION, at::hasCUDA() ? "CUDA" : "CPU only"));
  findings.say(__builtin_cpu_supports("avx2"), "processor", fmt::format("{} cores,{}", std::thread::hardware_concurrency(), vector_units()),
               "the fused kernels need AVX2 or AVX-512; here plain tensor operations stand in for them");
  findings.say(at::globalContext().hasMKLDNN(), "oneDNN", at::globalContext().hasMKLDNN() ? "present" : "absent",
               "matrix products will be slower, bfloat16 much slower");
  findings.say(waiting == "passive" || waiting == "PASSIVE", "OMP_WAIT_POLICY", waiting.empty() ? "not set" : waiting,
               "start through ./manabi, or set it to passive: spinning threads slow shared cores");
  findings.say(is_writable_or_creatable(cache), "cache", cache.string(), "not writable: set MANABI_CACHE to another folder");
  findings.say(!smollm2.empty(), "default model", smollm2.empty() ? "not fetched yet" : smollm2, "manabi get smollm2");
  findings.say(!data.empty() && fs::is_directory(data), "data folder", data.empty() ? "not set: only the built-in tasks" : data,
               "set MANABI_DATA or give --data");
  findings.say(fs::is_directory(session.assets_folder), "built-in tasks", session.assets_folder,
               "not there: set MANABI_ASSETS to the repository's assets folder");
  return 0;
}

}  // namespace manabi::app
