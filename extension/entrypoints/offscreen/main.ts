import { answerSaveRequests } from '../../stamping/save/offscreen-save.ts';

answerSaveRequests();
