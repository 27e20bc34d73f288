// npm run notices: the licences of everything that the packaged app carries, as one text.
import { writeNotices } from './packaging/notices.mjs';

const { file, count } = writeNotices();
console.log(`${file}: ${count} notices`);
