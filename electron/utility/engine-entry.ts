import { createEngine, type Engine } from '../../engine/engine';
