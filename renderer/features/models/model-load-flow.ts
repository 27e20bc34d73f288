import { notifications } from '@mantine/notifications';
import { importModel, inspectModel, uploadModel } from '../../stores';
import { listenForDrops } from './dropped-files';
import { createLoadFlow } from './load-flow';
import { selectModel } from './selected-model';

/** The one "Load model" of this window: opened by the button, a dropped file, the desktop menu or a shortcut. */
export const loadFlow = createLoadFlow({
  inspect: inspectModel,
  load: importModel,
  upload: uploadModel,
  pathOf: window.desktop === undefined ? null : (file) => window.desktop?.pathOfFile(file) ?? file.name,
  onLoaded: (model) => {
    selectModel(model.name);
    notifications.show({ color: 'teal', title: `${model.name} is ready`, message: 'It takes requests now.' });
  },
  onFailedInBackground: (name, message) => {
    notifications.show({ color: 'red', autoClose: false, title: `${name} could not be loaded`, message });
  },
  nowMs: Date.now,
});

listenForDrops(window, (file) => {
  if (!window.location.hash.startsWith('#/models')) selectModel(null);
  void loadFlow.takeFile(file);
});
