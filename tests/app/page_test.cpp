// A small run of the study on the default model, and its page as a browser shows it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/file.h"
#include "base/format/json.h"
#include "tests/app/program.h"
#include "tests/support/default_model.h"

namespace manabi {
namespace {

using testing::HasSubstr;

std::string output_of(const std::string& command) {
  std::string output;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (!pipe) return output;
  std::array<char, 4096> buffer;
  for (size_t count; (count = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) output.append(buffer.data(), count);
  ::pclose(pipe);
  return output;
}

std::string find_browser() {
  for (const char* name : {"chromium", "chromium-browser", "google-chrome"}) {
    std::string path = output_of(std::string("command -v ") + name);
    if (!path.empty()) return path.substr(0, path.find('\n'));
  }
  return "";
}

// Without a network, an account or a profile of its own on this machine.
std::string browse(const std::string& browser, const std::string& profile, const std::string& words) {
  return output_of(
      browser +
      " --headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync --no-first-run"
      " --allow-file-access-from-files --virtual-time-budget=10000 --user-data-dir=" +
      profile + " " + words + " 2>/dev/null");
}

// Loads the page in a frame of that width and writes down what a reader would notice.
std::string frame_around(const std::string& page, int width) {
  return "<!doctype html><iframe id=f width=" + std::to_string(width) + " height=900 src=\"file://" + page +
         R"("></iframe><pre id=seen></pre><script>
const frame = document.getElementById('f');
frame.addEventListener('load', () => {
  const page = frame.contentDocument, root = page.documentElement;
  const visible = [...page.querySelectorAll('svg')].filter(svg => svg.getBoundingClientRect().width > 50).length;
  document.getElementById('seen').textContent = JSON.stringify({
    overflow: root.scrollWidth - root.clientWidth, height: root.scrollHeight, figures: visible,
    title: page.title, headings: page.querySelectorAll('h3').length, outside: page.querySelectorAll('[src^=http], link[href^=http]').length});
});
</script>)";
}

base::Json seen_in(const std::string& dom) {
  const std::string open = "<pre id=\"seen\">";
  const size_t begin = dom.find(open), end = dom.find("</pre>");
  if (begin == std::string::npos || end == std::string::npos) return {};
  return base::parse_json(dom.substr(begin + open.size(), end - begin - open.size()), "what the browser saw");
}

TEST(SlowPage, OfARunOnTheDefaultModelIsReadableOnAPhoneAndOnADesk) {
  MANABI_NEEDS_DEFAULT_MODEL();
  const std::string browser = find_browser();
  if (browser.empty()) GTEST_SKIP() << "needs chromium";
  const test::TemporaryFolder folder;
  const test::Outcome run = test::run_program({"run", "recognition", "--tasks", "sentiment,topics", "--shots", "0,2,4", "--seeds", "2",
                                               "--items", "1", "--output", folder.path("w"), "--json"});
  ASSERT_EQ(run.code, 0) << run.messages;
  const std::string page = base::parse_json(run.out, "outcome").at("report");
  for (const int width : {390, 1280}) {
    const std::string wrapper = folder.write("frame" + std::to_string(width) + ".html", frame_around(page, width));
    const base::Json seen = seen_in(browse(browser, folder.path("profile"), "--dump-dom file://" + wrapper));
    ASSERT_FALSE(seen.is_null()) << "the browser did not load the page";
    EXPECT_LE(seen.at("overflow"), 0) << "the page scrolls sideways at " << width;
    EXPECT_GT(seen.at("height"), 2000);
    EXPECT_GE(seen.at("figures"), 3);
    EXPECT_GE(seen.at("headings"), 10);
    EXPECT_EQ(seen.at("outside"), 0);
    EXPECT_THAT(seen.at("title").get<std::string>(), HasSubstr("Recognition or learning?"));
  }
  browse(browser, folder.path("profile"), "--window-size=1280,2000 --screenshot=" + folder.path("page.png") + " file://" + page);
  ASSERT_TRUE(std::filesystem::exists(folder.path("page.png")));
  EXPECT_GT(std::filesystem::file_size(folder.path("page.png")), 50'000u) << "an empty page";
}

}  // namespace
}  // namespace manabi
