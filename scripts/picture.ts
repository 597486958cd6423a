/**
 * A picture of a page's top for README, taken in Chromium with the network off:
 *
 *     node scripts/picture.ts reports/example.html docs/images/report.png
 */
import { resolve } from "node:path";
import { inTab } from "./chromium.ts";

const WIDTH = 1280;
const HEIGHT = 1360;

const [, , page, picture] = process.argv;
if (page === undefined || picture === undefined) {
  process.stderr.write("usage: picture.ts PAGE.html PICTURE.png\n");
  process.exitCode = 2;
} else {
  await inTab({ viewport: { width: WIDTH, height: HEIGHT }, colorScheme: "light" }, async (tab) => {
    await tab.goto(`file://${resolve(page)}`);
    // Down to the last row that is in the picture as a whole.
    const bottoms = await tab
      .locator("tr")
      .evaluateAll((rows) => rows.map((row) => row.getBoundingClientRect().bottom));
    const height = Math.max(...bottoms.filter((bottom) => bottom <= HEIGHT));
    await tab.screenshot({
      path: picture,
      clip: { x: 0, y: 0, width: WIDTH, height: Number.isFinite(height) ? Math.ceil(height) + 1 : HEIGHT },
    });
  });
}
