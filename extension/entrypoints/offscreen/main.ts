import { answerHiddenRequests } from '../../stamping/hidden-document/answer.ts';

answerHiddenRequests();
