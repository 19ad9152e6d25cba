import { dataBlock } from "../common/page.js";
import { t } from "../common/words.js";

export { dataBlock, t };
