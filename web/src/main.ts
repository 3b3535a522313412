import { mount } from 'svelte';
import App from './App.svelte';
import { language } from './messages';
import './page.css';

void language.start().then(() => mount(App, { target: document.getElementById('app')! }));
